using Akka.Actor;
using Signaling.Actors.Auth;
using Signaling.Actors.Presence;
using Signaling.Actors.Protocol;
using Signaling.Actors.Transport;
using static Signaling.Actors.Presence.PresenceProtocol;

namespace Signaling.Actors.Connections;

/// <summary>Of whom one connection is told that they come and go. The directory tells; this says of whom.</summary>
internal sealed class OthersPresence(IActorRef connection, IClientSocket socket, ConnectionServices services)
{
    private PresenceObserver? _observer;
    private PresenceScope _scope;
    private PeerPatterns? _reach;

    /// <summary>The peer that the last message was from or for: nearly always the same one as before.</summary>
    private PeerId _last;

    /// <summary>Those that the directory was told of; it knows them, too, so this may be forgotten.</summary>
    private HashSet<PeerId>? _related;

    /// <summary>How many changes the client is behind.</summary>
    public long Behind => _observer?.Behind ?? 0;

    /// <summary>The connection registered as <paramref name="peer"/>; what others do from now on is kept for it, where it may see them.</summary>
    public void Observe(PeerId peer, PresenceScope scope, PeerPatterns? reach)
    {
        _observer ??= new PresenceObserver(connection, socket);
        (_scope, _reach) = (scope, reach);
        services.Directory.Tell(new Observe(_observer, peer, scope, reach));
    }

    /// <summary>From now on the client is told.</summary>
    public void Follow() => socket.Follow(_observer);

    /// <summary>From now on the client is told of nobody.</summary>
    public void Stop()
    {
        if (_observer is null) return;
        socket.Follow(null);
        services.Directory.Tell(new StopObserving(_observer));
        (_observer, _last, _related) = (null, default, null);
    }

    /// <summary>The connection has to do with this peer.</summary>
    public void Relate(PeerId other)
    {
        if (other == _last || _observer is null || _scope is PresenceScope.Watched or PresenceScope.None) return;
        _last = other;
        if (_reach?.Include(other) == false) return;                // it may have been written to by one whom it may not see
        _related ??= [];
        if (_related.Count >= services.Presence.MaxRelated) _related.Clear();
        if (_related.Add(other)) services.Directory.Tell(new Relate(_observer, other));
    }

    /// <returns>The question for the directory; null where the client wants to hear of nobody.</returns>
    public Watch? Watch(IReadOnlyList<PeerId> peers, ReadOnlyMemory<byte> id) => _scope == PresenceScope.None ? null : new Watch(_observer!, peers, id);

    /// <inheritdoc cref="Watch"/>
    public Unwatch Unwatch(IReadOnlyList<PeerId> peers) => new(_observer!, peers);
}
