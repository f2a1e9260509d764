using System.Buffers;
using System.Buffers.Binary;
using Signaling.Actors.Protocol;

namespace Signaling.AspNetCore.Transport;

/// <summary>Writes a server's frames (RFC 6455 §5.2): whole messages, never masked, the length in the fewest bytes. <see cref="Commit"/> ends a batch:
/// a pipe takes a lock for each advance, so there is none for each frame.</summary>
/// <param name="output">Where they go.</param>
internal ref struct FrameEncoder(IBufferWriter<byte> output)
{
    private const byte Final = 0x80;
    private const int MaxReasonBytes = 123;

    /// <summary>Most bytes that a frame has beside its payload.</summary>
    public const int MaxHeaderBytes = 10;

    private Span<byte> _room;
    private int _written;

    public void Write(Opcode opcode, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> rest = default)
    {
        if (_room.Length - _written < MaxHeaderBytes) Renew(MaxHeaderBytes);
        var header = _room[_written..];
        header[0] = (byte)(Final | (byte)opcode);
        _written += WriteLength(header, payload.Length + rest.Length);
        Append(payload);
        Append(rest);
    }

    /// <summary>What was written is part of the output.</summary>
    public void Commit()
    {
        if (_written > 0) output.Advance(_written);
        _room = default;
        _written = 0;
    }

    /// <summary>A close frame's payload; the reason is cut between characters where it is too long for a control frame (RFC 6455 §5.5).</summary>
    public static byte[] ClosePayload(CloseCode code, string reason)
    {
        var payload = new byte[2 + MaxReasonBytes];
        BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)code);
        System.Text.Unicode.Utf8.FromUtf16(reason, payload.AsSpan(2), out _, out var written);
        return payload[..(2 + written)];
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > _room.Length - _written)
        {
            var fits = _room.Length - _written;
            bytes[..fits].CopyTo(_room[_written..]);
            bytes = bytes[fits..];
            _written += fits;
            Renew(sizeHint: 1);
        }
        bytes.CopyTo(_room[_written..]);
        _written += bytes.Length;
    }

    private void Renew(int sizeHint)
    {
        Commit();
        _room = output.GetSpan(sizeHint);
    }

    private static int WriteLength(Span<byte> header, int length)
    {
        switch (length)
        {
            case <= 125:
                header[1] = (byte)length;
                return 2;
            case <= ushort.MaxValue:
                header[1] = 126;
                BinaryPrimitives.WriteUInt16BigEndian(header[2..], (ushort)length);
                return 4;
            default:
                header[1] = 127;
                BinaryPrimitives.WriteUInt64BigEndian(header[2..], (ulong)length);
                return 10;
        }
    }
}
