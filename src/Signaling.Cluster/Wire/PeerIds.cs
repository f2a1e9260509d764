using System.Text;
using Signaling.Actors.Protocol;

namespace Signaling.Cluster.Wire;

/// <summary>The peer ids that were read last, found again by their bytes: the same few thousand come over and over, and neither have to be checked nor take memory each time.
/// For one thread.</summary>
internal sealed class PeerIds
{
    private const int Slots = 4_096;

    private readonly (byte[] Utf8, PeerId Peer)[] _slots = new (byte[], PeerId)[Slots];

    /// <returns>False where this is no peer id.</returns>
    public bool TryRead(ReadOnlySpan<byte> utf8, out PeerId peer)
    {
        var hash = new HashCode();
        hash.AddBytes(utf8);
        ref var slot = ref _slots[hash.ToHashCode() & (Slots - 1)];
        if (slot.Utf8 is not null && utf8.SequenceEqual(slot.Utf8))
        {
            peer = slot.Peer;
            return true;
        }
        if (!PeerId.TryParse(Encoding.UTF8.GetString(utf8), out peer)) return false;
        slot = (utf8.ToArray(), peer);
        return true;
    }
}
