using Signaling.Actors.Protocol;

namespace Signaling.Actors.Presence;

/// <summary>Peers that went, and of whom the others are told only after a grace period: a phone that changes its network is back within a second,
/// and clients hang up a running call on <c>offline</c>.</summary>
/// <param name="grace">How long that is, where nothing longer is said.</param>
internal sealed class Departures(TimeSpan grace)
{
    private readonly Dictionary<PeerId, Departure> _byPeer = [];
    private readonly PriorityQueue<Departure, (DateTimeOffset DueAt, long Number)> _inOrder = new();
    private long _number;

    /// <summary>When the next one is due; null where there is none.</summary>
    public DateTimeOffset? NextDue
    {
        get
        {
            DropReturned();
            return _inOrder.TryPeek(out var first, out _) ? first.DueAt : null;
        }
    }

    /// <summary>A peer went.</summary>
    /// <param name="peer">It.</param>
    /// <param name="device">Its device.</param>
    /// <param name="now">When.</param>
    /// <param name="least">How long it has at least to come back.</param>
    public void Add(PeerId peer, Device device, DateTimeOffset now, TimeSpan least = default)
    {
        var departure = new Departure(peer, device, now + (least > grace ? least : grace));
        _byPeer[peer] = departure;
        _inOrder.Enqueue(departure, (departure.DueAt, ++_number));
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
        if (!_inOrder.TryPeek(out var first, out _) || first.DueAt > now) return false;
        _inOrder.Dequeue();
        _byPeer.Remove(first.Peer);
        (peer, device) = (first.Peer, first.Device);
        return true;
    }

    private void DropReturned()
    {
        while (_inOrder.TryPeek(out var first, out _) && (!_byPeer.TryGetValue(first.Peer, out var current) || current != first)) _inOrder.Dequeue();
    }

    private sealed class Departure(PeerId peer, Device device, DateTimeOffset dueAt)
    {
        public PeerId Peer { get; } = peer;

        public Device Device { get; } = device;

        public DateTimeOffset DueAt { get; } = dueAt;
    }
}
