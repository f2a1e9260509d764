using Signaling.Actors.Auth;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Presence;

/// <summary>What a connection says to the directory of whom it wants to be told.</summary>
internal static class PresenceProtocol
{
    /// <summary>The connection registered as <paramref name="Peer"/>: it is told of others from now on, in the scope that this registration names, and of nobody out of its reach.</summary>
    public sealed record Observe(PresenceObserver Observer, PeerId Peer, PresenceScope Scope, PeerPatterns? Reach = null);

    /// <summary>The connection has no id any more, or is gone.</summary>
    public sealed record StopObserving(PresenceObserver Observer);

    /// <summary>The connection has to do with <paramref name="Other"/>: they exchanged messages, or it asked.</summary>
    public sealed record Relate(PresenceObserver Observer, PeerId Other);

    /// <summary>Tell the connection how these peers are now, and of every change; answered like every question.</summary>
    /// <param name="Observer">The connection's.</param>
    /// <param name="Peers">Whom to watch.</param>
    /// <param name="Id">The message's <c>id</c>, for an error.</param>
    public sealed record Watch(PresenceObserver Observer, IReadOnlyList<PeerId> Peers, ReadOnlyMemory<byte> Id);

    /// <summary>The opposite.</summary>
    public sealed record Unwatch(PresenceObserver Observer, IReadOnlyList<PeerId> Peers);
}
