using System.Net;
using Akka.Actor;
using Signaling.Actors.Auth;
using Signaling.Actors.Limits;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Messages;
using Signaling.Actors.Stats;
using Signaling.Actors.Transport;

namespace Signaling.Actors.Hosting;

/// <summary>The node inside a process: where transports bring their sockets. Safe for parallel use.</summary>
public sealed class SignalingNode
{
    private readonly StoreHealth _store;
    private readonly SignalingMetrics _metrics;
    private readonly LimitOptions _limits;
    private readonly Admission _admission;
    private readonly INodeExtension[] _extensions;
    private volatile IActorRef? _directory;
    private volatile bool _isDraining;
    private int _handshakes;

    internal SignalingNode(StoreHealth store, SignalingMetrics metrics, LimitOptions limits, TimeProvider time, IEnumerable<INodeExtension> extensions) =>
        (_store, _metrics, _limits, _admission, _extensions) = (store, metrics, limits, new Admission(limits, time), [.. extensions]);

    /// <summary>Takes clients: the actors run, and nobody has asked the node to stop.</summary>
    public bool TakesClients => _directory is not null && !_isDraining;

    /// <summary>Is a good place for new clients: it takes them, its mailbox store works, and in a cluster it is a member.</summary>
    public bool IsReady => TakesClients && _store.IsHealthy && Array.TrueForAll(_extensions, extension => extension.IsReady);

    /// <summary>Asks whether a client may connect now: those that are here go before those that come.</summary>
    /// <param name="address">Where it is, as far as is known.</param>
    /// <param name="isCounted">Whether a refusal is counted; not where the same client is asked for again.</param>
    /// <returns>Its place, to be disposed when its connection has ended; null where it is to be turned away (503, RFC 9110 §15.6.4).</returns>
    public ClientPlace? Admit(IPAddress? address, bool isCounted = true)
    {
        if (!TakesClients) return null;
        if (_admission.TryEnter(address, out var place) is { } limit && isCounted) _metrics.ConnectionRefused(limit);
        return place;
    }

    /// <summary>A connection has come that is no WebSocket yet.</summary>
    /// <returns>False where there are too many of them: it is to be turned away. Else <see cref="EndHandshake"/> follows.</returns>
    public bool TryBeginHandshake()
    {
        if (Interlocked.Increment(ref _handshakes) <= _limits.HandshakesInProgress) return true;
        Interlocked.Decrement(ref _handshakes);
        _metrics.ConnectionRefused("handshakes");
        return false;
    }

    /// <summary>It has become one, or has ended.</summary>
    public void EndHandshake() => Interlocked.Decrement(ref _handshakes);

    /// <summary>Gives a client's open socket a connection actor, which calls <see cref="IClientSocket.Start"/>.</summary>
    /// <param name="socket">The client's.</param>
    /// <param name="place">Of <see cref="Admit"/>; the caller disposes it.</param>
    /// <param name="origin">What is known of the client.</param>
    /// <exception cref="InvalidOperationException">The actors do not run yet.</exception>
    public void Connect(IClientSocket socket, ClientPlace place, ClientOrigin origin) =>
        (_directory ?? throw new InvalidOperationException("The signaling actors have not started.")).Tell(new DirectoryProtocol.Connect(socket, origin, place));

    internal void Started(IActorRef directory) => _directory = directory;

    /// <summary>From now on new clients are turned away, and those that are here are told to go.</summary>
    /// <returns>Completes when every socket is closed, or with the time-out; those that did not close in time are cut when their actors stop.</returns>
    internal async Task DrainAsync(ShutdownOptions shutdown)
    {
        _isDraining = true;
        if (_directory is { } directory) await directory.StopInTimeAsync(shutdown.DrainTimeout, new DirectoryProtocol.Drain(shutdown.ReconnectWithin, shutdown.LeaveWithin));
    }
}
