using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;

namespace Signaling.Node.Storage;

/// <summary>CRC-32C of a stored message and its place, since SQLite's pages have no checksum: what a disk changed is not delivered.</summary>
internal static class MessageChecksum
{
    public static long Of(PeerId peer, StoredMessage message)
    {
        var crc = uint.MaxValue;
        crc = BitOperations.Crc32C(crc, (ulong)message.Seq);
        crc = BitOperations.Crc32C(crc, (ulong)message.AcceptedAt.ToUnixTimeMilliseconds());
        crc = Add(crc, MemoryMarshal.AsBytes(peer.Value.AsSpan()));
        crc = Add(crc, MemoryMarshal.AsBytes(message.From.Value.AsSpan()));
        crc = Add(crc, message.Id.Span);
        return ~Add(crc, message.Json.Span);
    }

    /// <summary>The length too, so that a byte cannot go over from one part to the next.</summary>
    private static uint Add(uint crc, ReadOnlySpan<byte> bytes)
    {
        crc = BitOperations.Crc32C(crc, (uint)bytes.Length);
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..]) crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var rest in bytes) crc = BitOperations.Crc32C(crc, rest);
        return crc;
    }
}
