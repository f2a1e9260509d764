using Signaling.Actors.Protocol;

namespace Signaling.Actors.Presence;

/// <summary>Peers that went, and of whom the others are told only after a grace period: a phone that changes its network is back within a second,
/// and clients hang up a running call on <c>offline</c>.</summary>
internal sealed class Departures(TimeSpan grace)
{
    private readonly Dictionary<PeerId, Departure> _byPeer = [];
    private readonly Queue<Departure> _inOrder = [];

    /// <summary>When the next one is due; null where there is none.</summary>
    public DateTimeOffset? NextDue
    {
        get
        {
            DropReturned();
            return _inOrder.TryPeek(out var first) ? first.DueAt : null;
        }
    }

    public void Add(PeerId peer, Device device, DateTimeOffset now)
    {
        var departure = new Departure(peer, device, now + grace);
        _byPeer[peer] = departure;
        _inOrder.Enqueue(departure);
    }

    /// <summary>The peer came.</summary>
    /// <returns>Whether its departure was still unannounced, so that nobody need be told of either.</returns>
    public bool Return(PeerId peer) => _byPeer.Remove(peer);

    /// <summary>The device of a peer that went, while the others believe it here; else null.</summary>
    public Device? Find(PeerId peer) => _byPeer.GetValueOrDefault(peer)?.Device;

    /// <summary>The next departure to announce; each is given out once.</summary>
    public bool TryTakeDue(DateTimeOffset now, out PeerId peer, out Device device)
    {
        DropReturned();
        (peer, device) = (default, Device.Unknown);
        if (!_inOrder.TryPeek(out var first) || first.DueAt > now) return false;
        _inOrder.Dequeue();
        _byPeer.Remove(first.Peer);
        (peer, device) = (first.Peer, first.Device);
        return true;
    }

    private void DropReturned()
    {
        while (_inOrder.TryPeek(out var first) && (!_byPeer.TryGetValue(first.Peer, out var current) || current != first)) _inOrder.Dequeue();
    }

    private sealed class Departure(PeerId peer, Device device, DateTimeOffset dueAt)
    {
        public PeerId Peer { get; } = peer;

        public Device Device { get; } = device;

        public DateTimeOffset DueAt { get; } = dueAt;
    }
}
