using System.Buffers.Binary;
using System.Text;
using Signaling.AspNetCore.Transport;

namespace Signaling.Node.Tests.Transport;

/// <summary>A client's frames as bytes (RFC 6455 §5.2), right or wrong; shares no code with the codec.</summary>
internal static class ClientFrames
{
    /// <summary>The key of the examples in RFC 6455 §5.7.</summary>
    public const uint Key = 0x37FA213D;

    public static byte[] Text(string text, bool fin = true) => Frame(Opcode.Text, Encoding.UTF8.GetBytes(text), fin);

    public static byte[] Continuation(string text, bool fin = true) => Frame(Opcode.Continuation, Encoding.UTF8.GetBytes(text), fin);

    public static byte[] Ping(string text) => Frame(Opcode.Ping, Encoding.UTF8.GetBytes(text));

    public static byte[] Pong(string text) => Frame(Opcode.Pong, Encoding.UTF8.GetBytes(text));

    /// <param name="opcode">Any of 0 to 15.</param>
    /// <param name="payload">Not yet masked.</param>
    /// <param name="fin">The message ends here.</param>
    /// <param name="rsv">The three reserved bits as a number.</param>
    /// <param name="key">The first byte of the key is the highest.</param>
    /// <param name="lengthBytes">Bytes of extended length: 0, 2 or 8; the fewest where null.</param>
    /// <param name="masked">False leaves the key out and the payload as it is.</param>
    public static byte[] Frame(
        Opcode opcode, ReadOnlySpan<byte> payload, bool fin = true, int rsv = 0, uint key = Key, int? lengthBytes = null, bool masked = true)
    {
        var header = Header(opcode, (ulong)payload.Length, fin, rsv, key, lengthBytes, masked);
        var frame = new byte[header.Length + payload.Length];
        header.CopyTo(frame, 0);
        for (var i = 0; i < payload.Length; i++)
        {
            var mask = masked ? (byte)(key >> (24 - (8 * (i % 4)))) : (byte)0;
            frame[header.Length + i] = (byte)(payload[i] ^ mask);
        }
        return frame;
    }

    /// <summary>Only the header, which may announce what never comes.</summary>
    public static byte[] Header(
        Opcode opcode, ulong length, bool fin = true, int rsv = 0, uint key = Key, int? lengthBytes = null, bool masked = true)
    {
        var extended = lengthBytes ?? (length < 126 ? 0 : length < 65_536 ? 2 : 8);
        var shortLength = extended switch { 2 => 126, 8 => 127, _ => (int)length };
        Span<byte> wide = stackalloc byte[8];
        Span<byte> mask = stackalloc byte[4];
        BinaryPrimitives.WriteUInt64BigEndian(wide, length);
        BinaryPrimitives.WriteUInt32BigEndian(mask, key);
        return
        [
            (byte)((fin ? 0x80 : 0) | (rsv << 4) | (int)opcode),
            (byte)((masked ? 0x80 : 0) | shortLength),
            .. wide[(8 - extended)..],
            .. masked ? mask : [],
        ];
    }
}
