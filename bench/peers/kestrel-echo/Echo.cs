using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Connections;

namespace KestrelEcho;

/// <summary>Echoes WebSocket frames (RFC 6455) from a connection's input pipe to its output pipe: every frame that a read brought, then one flush.</summary>
/// <remarks>The ceiling for any server on Kestrel: what is left when nothing but reading, unmasking and writing frames is done. No fragments are joined, no UTF-8 is checked.</remarks>
internal static class Echo
{
    private const int Masked = 0x80, Length16 = 126, Length64 = 127, Close = 8, Ping = 9, Pong = 10;

    public static async Task RunAsync(ConnectionContext connection)
    {
        var (input, output) = (connection.Transport.Input, connection.Transport.Output);
        try
        {
            if (!await AcceptAsync(input, output)) return;
            while (true)
            {
                var read = await input.ReadAsync();
                var open = EchoFrames(read.Buffer, output, out var consumed);
                input.AdvanceTo(consumed, read.Buffer.End);
                if ((await output.FlushAsync()).IsCompleted || read.IsCompleted || !open) return;
            }
        }
        catch (ConnectionResetException)                            // the client has gone
        {
        }
    }

    private static async Task<bool> AcceptAsync(PipeReader input, PipeWriter output)
    {
        while (true)
        {
            var read = await input.ReadAsync();
            var reader = new SequenceReader<byte>(read.Buffer);
            if (reader.TryReadTo(out ReadOnlySequence<byte> head, "\r\n\r\n"u8))
            {
                var key = Key(Encoding.ASCII.GetString(head));
                input.AdvanceTo(reader.Position);
                if (key is null) return false;
                output.Write(Encoding.ASCII.GetBytes($"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {AcceptOf(key)}\r\n\r\n"));
                return !(await output.FlushAsync()).IsCompleted;
            }
            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted) return false;
        }
    }

    private static string? Key(string head) =>
        head.Split("\r\n").Select(line => line.Split(':', 2)).FirstOrDefault(header => header.Length == 2 && header[0].Equals("Sec-WebSocket-Key", StringComparison.OrdinalIgnoreCase))?[1].Trim();

#pragma warning disable CA5350 // SHA-1 is what RFC 6455 §4.2.2 asks for; nothing rests on it
    private static string AcceptOf(string key) => Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350

    /// <returns>Whether the connection stays open.</returns>
    private static bool EchoFrames(ReadOnlySequence<byte> buffer, PipeWriter output, out SequencePosition consumed)
    {
        consumed = buffer.Start;
        Span<byte> header = stackalloc byte[14];
        while (true)
        {
            var seen = (int)Math.Min(header.Length, buffer.Length);
            if (seen < 2) return true;
            buffer.Slice(0, seen).CopyTo(header);
            if ((header[1] & Masked) == 0) return false;       // RFC 6455 §5.1
            long length = header[1] & 0x7f;
            var size = length == Length16 ? 8 : length == Length64 ? 14 : 6;
            if (seen < size) return true;
            if (length == Length16) length = BinaryPrimitives.ReadUInt16BigEndian(header[2..]);
            else if (length == Length64) length = BinaryPrimitives.ReadInt64BigEndian(header[2..]);
            if (length is < 0 or > 1_000_000) return false;
            if (buffer.Length < size + length) return true;

            var opcode = header[0] & 0x0f;
            if (opcode == Ping) header[0] = (byte)((header[0] & 0xf0) | Pong);
            if (opcode != Pong) Write(output, header[..(size - 4)], buffer.Slice(size, length), MemoryMarshal.Read<uint>(header[(size - 4)..]));
            buffer = buffer.Slice(size + length);
            consumed = buffer.Start;
            if (opcode == Close) return false;
        }
    }

    private static void Write(PipeWriter output, Span<byte> header, ReadOnlySequence<byte> payload, uint mask)
    {
        header[1] &= 0x7f;
        output.Write(header);
        foreach (var part in payload)
        {
            for (var source = part.Span; source.Length > 0;)
            {
                var target = output.GetSpan();                      // what is left of its block, so that blocks leave full
                var count = Math.Min(source.Length, target.Length);
                Unmask(source[..count], target, mask);
                output.Advance(count);
                source = source[count..];
                mask = BitOperations.RotateRight(mask, 8 * (count & 3));
            }
        }
    }

    private static void Unmask(ReadOnlySpan<byte> source, Span<byte> target, uint mask)
    {
        var at = 0;
        var keys = Vector.AsVectorByte(new Vector<uint>(mask));
        for (; at + Vector<byte>.Count <= source.Length; at += Vector<byte>.Count)
            (new Vector<byte>(source[at..]) ^ keys).CopyTo(target[at..]);
        for (; at < source.Length; at++)
            target[at] = (byte)(source[at] ^ (byte)(mask >> (8 * (at & 3))));
    }
}
