using System.Buffers;
using System.Buffers.Binary;
using Signaling.Actors.Protocol;

namespace Signaling.AspNetCore.Transport;

/// <summary>Writes a server's frames (RFC 6455 §5.2): whole messages, never masked, the length in the fewest bytes.</summary>
internal static class FrameEncoder
{
    private const byte Final = 0x80;
    private const int MaxReasonBytes = 123;

    /// <summary>Most bytes that a frame has beside its payload.</summary>
    public const int MaxHeaderBytes = 10;

    public static void Write(IBufferWriter<byte> output, Opcode opcode, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> rest = default)
    {
        var header = output.GetSpan(MaxHeaderBytes);
        header[0] = (byte)(Final | (byte)opcode);
        output.Advance(WriteLength(header, payload.Length + rest.Length));
        output.Write(payload);
        output.Write(rest);
    }

    /// <summary>A close frame's payload; the reason is cut between characters where it is too long for a control frame (RFC 6455 §5.5).</summary>
    public static byte[] ClosePayload(CloseCode code, string reason)
    {
        var payload = new byte[2 + MaxReasonBytes];
        BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)code);
        System.Text.Unicode.Utf8.FromUtf16(reason, payload.AsSpan(2), out _, out var written);
        return payload[..(2 + written)];
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
