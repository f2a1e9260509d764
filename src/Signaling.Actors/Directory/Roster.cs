using Akka.Actor;
using Signaling.Actors.Messages;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Directory;

/// <summary>Who is online on this node, by the word of the mailboxes; the newest epoch of a peer counts.</summary>
internal sealed class Roster
{
    private readonly Dictionary<PeerId, Entry> _peers = [];

    public int Count => _peers.Count;

    public Device? Find(PeerId peer) => _peers.GetValueOrDefault(peer)?.Device;

    /// <summary>Every peer's entry of a list (<see cref="FrameWriter.PeerEntry"/>), but those of <paramref name="except"/>.</summary>
    public IEnumerable<byte[]> Entries(IReadOnlyCollection<PeerId> except) =>
        from peer in _peers where !except.Contains(peer.Key) select peer.Value.Json;

    /// <summary>The peer is here.</summary>
    /// <returns>Whether it was not.</returns>
    public bool Add(DirectoryProtocol.PeerOnline online, long now)
    {
        var known = _peers.GetValueOrDefault(online.Peer);
        if (known is not null && known.Epoch > online.Epoch) return false;
        var connectedAt = known is not null && known.Connection.Equals(online.Connection) ? known.ConnectedAt : now;
        _peers[online.Peer] = new Entry(online.Epoch, online.Connection, online.Device, connectedAt, FrameWriter.PeerEntry(online.Peer, online.Device, connectedAt));
        return known is null;
    }

    /// <summary>The peer is away.</summary>
    /// <returns>Its device, or null where this comes from an older registration.</returns>
    public Device? Remove(DirectoryProtocol.PeerOffline offline)
    {
        if (_peers.GetValueOrDefault(offline.Peer) is not { } known || known.Epoch != offline.Epoch) return null;
        _peers.Remove(offline.Peer);
        return known.Device;
    }

    private sealed record Entry(Epoch Epoch, IActorRef Connection, Device Device, long ConnectedAt, byte[] Json);
}
