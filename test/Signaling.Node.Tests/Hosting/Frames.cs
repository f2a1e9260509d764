using System.Buffers.Binary;
using System.Text;

namespace Signaling.Node.Tests.Hosting;

/// <summary>A frame that the node sent.</summary>
/// <param name="First">FIN, RSV and opcode.</param>
/// <param name="Payload">Its bytes.</param>
public sealed record RawFrame(byte First, byte[] Payload)
{
    public bool IsClose => First == 0x88;

    public bool IsPing => First == 0x89;

    public int CloseCode => BinaryPrimitives.ReadUInt16BigEndian(Payload);

    public string Text => Encoding.UTF8.GetString(Payload);
}

/// <summary>Frames as a client sends them, right or wrong.</summary>
public static class ClientFrame
{
    private static readonly byte[] Mask = [0x37, 0xFA, 0x21, 0x3D];

    public static byte[] Text(string text) => Of(0x81, Encoding.UTF8.GetBytes(text));

    public static byte[] Close(int code, string reason = "") => Of(0x88, [(byte)(code >> 8), (byte)code, .. Encoding.UTF8.GetBytes(reason)]);

    /// <param name="first">FIN, RSV and opcode.</param>
    /// <param name="payload">Its bytes.</param>
    /// <param name="masked">As RFC 6455 demands of a client.</param>
    public static byte[] Of(byte first, byte[] payload, bool masked = true)
    {
        var mask = (byte)(masked ? 0x80 : 0);
        byte[] length = payload.Length switch
        {
            <= 125 => [(byte)(mask | payload.Length)],
            <= ushort.MaxValue => [(byte)(mask | 126), (byte)(payload.Length >> 8), (byte)payload.Length],
            _ => [(byte)(mask | 127), 0, 0, 0, 0, (byte)(payload.Length >> 24), (byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length],
        };
        return masked
            ? [first, .. length, .. Mask, .. payload.Select((value, index) => (byte)(value ^ Mask[index & 3]))]
            : [first, .. length, .. payload];
    }
}
