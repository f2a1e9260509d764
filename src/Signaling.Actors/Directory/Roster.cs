using Akka.Actor;
using Signaling.Actors.Messages;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Directory;

/// <summary>Who is online on this node, by the word of the mailboxes; the newest epoch of a peer counts.</summary>
internal sealed class Roster
{
    private readonly Dictionary<PeerId, Entry> _peers = [];
    private readonly Dictionary<IActorRef, int> _connections = [];

    public int Count => _peers.Count;

    /// <summary>The connections that have a registration, each once.</summary>
    public IReadOnlyCollection<IActorRef> Connections => _connections.Keys;

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
        if (known is not null) Leave(known.Connection);
        var connectedAt = known is not null && known.Connection.Equals(online.Connection) ? known.ConnectedAt : now;
        _peers[online.Peer] = new Entry(online.Epoch, online.Connection, online.Device, connectedAt, FrameWriter.PeerEntry(online.Peer, online.Device, connectedAt));
        _connections[online.Connection] = _connections.GetValueOrDefault(online.Connection) + 1;
        return known is null;
    }

    /// <summary>The peer is away.</summary>
    /// <returns>What was known of it, or null where this comes from an older registration.</returns>
    public (IActorRef Connection, Device Device)? Remove(DirectoryProtocol.PeerOffline offline)
    {
        if (_peers.GetValueOrDefault(offline.Peer) is not { } known || known.Epoch != offline.Epoch) return null;
        _peers.Remove(offline.Peer);
        Leave(known.Connection);
        return (known.Connection, known.Device);
    }

    private void Leave(IActorRef connection)
    {
        if (--_connections[connection] == 0) _connections.Remove(connection);
    }

    private sealed record Entry(Epoch Epoch, IActorRef Connection, Device Device, long ConnectedAt, byte[] Json);
}
