using Signaling.Actors.Protocol;

namespace Signaling.Actors.Presence;

/// <summary>The peers that somebody has to do with, as many as it may remember.</summary>
internal sealed class RelatedPeers
{
    private readonly HashSet<PeerId> _peers = [];
    private readonly Queue<PeerId> _inOrder = [];

    public IEnumerable<PeerId> InOrder => _inOrder;

    public bool Contains(PeerId peer) => _peers.Contains(peer);

    /// <summary>Remembers a peer.</summary>
    /// <returns>Whether it is new.</returns>
    public bool Add(PeerId peer)
    {
        if (!_peers.Add(peer)) return false;
        _inOrder.Enqueue(peer);
        return true;
    }

    /// <summary>Forgets the first of them, where they are more than <paramref name="most"/>.</summary>
    public bool TryForget(int most, out PeerId forgotten)
    {
        forgotten = default;
        if (_inOrder.Count <= most) return false;
        forgotten = _inOrder.Dequeue();
        return _peers.Remove(forgotten);
    }
}
