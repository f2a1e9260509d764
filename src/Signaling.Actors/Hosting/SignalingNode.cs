using Akka.Actor;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Messages;
using Signaling.Actors.Transport;

namespace Signaling.Actors.Hosting;

/// <summary>The node inside a process: where transports bring their sockets. Safe for parallel use.</summary>
public sealed class SignalingNode
{
    private readonly StoreHealth _store;
    private volatile IActorRef? _directory;
    private volatile bool _isDraining;

    internal SignalingNode(StoreHealth store) => _store = store;

    /// <summary>Takes clients: the actors run, and nobody has asked the node to stop.</summary>
    public bool TakesClients => _directory is not null && !_isDraining;

    /// <summary>Is a good place for new clients: it takes them, and its mailbox store works.</summary>
    public bool IsReady => TakesClients && _store.IsHealthy;

    /// <summary>Gives a client's open socket a connection actor, which calls <see cref="IClientSocket.Start"/>.</summary>
    /// <exception cref="InvalidOperationException">The actors do not run yet.</exception>
    public void Connect(IClientSocket socket) =>
        (_directory ?? throw new InvalidOperationException("The signaling actors have not started.")).Tell(new DirectoryProtocol.Connect(socket));

    internal void Started(IActorRef directory) => _directory = directory;

    /// <summary>From now on new clients are turned away, and those that are here are told to go.</summary>
    /// <returns>Completes when every socket is closed, or with the time-out.</returns>
    internal async Task DrainAsync(TimeSpan timeout)
    {
        _isDraining = true;
        if (_directory is not { } directory) return;
        try
        {
            await directory.GracefulStop(timeout, new DirectoryProtocol.Drain());
        }
        catch (TaskCanceledException)
        {
            // Those that did not close in time are cut when their actors stop.
        }
    }
}
