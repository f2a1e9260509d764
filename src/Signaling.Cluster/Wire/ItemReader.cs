using System.Buffers.Binary;
using System.Text;
using Signaling.Actors.Messages;
using Signaling.Actors.Protocol;

namespace Signaling.Cluster.Wire;

/// <summary>Reads what <see cref="ItemWriter"/> wrote; of an item that a newer node made longer, what is known.</summary>
/// <param name="bytes">They.</param>
/// <param name="peers">Those that were read before.</param>
/// <exception cref="FormatException">These are no such bytes.</exception>
internal ref struct ItemReader(ReadOnlySpan<byte> bytes, PeerIds peers)
{
    private readonly PeerIds _peers = peers;
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    /// <summary>The next item of a batch.</summary>
    public ItemReader ReadItem(out ItemKind kind)
    {
        var length = BinaryPrimitives.ReadInt32LittleEndian(Take(4));
        var item = new ItemReader(Take(length), _peers);
        kind = (ItemKind)item.Take(1)[0];
        return item;
    }

    public bool ReadBool() => Take(1)[0] != 0;

    public long ReadLong()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Take(1)[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return value <= long.MaxValue ? (long)value : throw Invalid();
        }
        throw Invalid();
    }

    public int ReadInt() => ReadLong() is var value and <= int.MaxValue ? (int)value : throw Invalid();

    public Epoch ReadEpoch() => new(ReadLong(), ReadLong());

    public PeerId ReadPeer() => _peers.TryRead(ReadSpan(), out var peer) ? peer : throw Invalid();

    public string ReadText() => Encoding.UTF8.GetString(ReadSpan());

    /// <summary>A copy: a message that waits for long is not to hold on to a whole batch.</summary>
    public byte[] ReadBytes() => ReadSpan().ToArray();

    private ReadOnlySpan<byte> ReadSpan() => Take(ReadInt());

    private ReadOnlySpan<byte> Take(int count)
    {
        if ((uint)count > (uint)_rest.Length) throw Invalid();
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    private static FormatException Invalid() => new("Bytes from another node are no items of this version or an older one.");
}
