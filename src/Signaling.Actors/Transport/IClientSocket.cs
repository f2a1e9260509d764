using Akka.Actor;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Transport;

/// <summary>One client's transport: the seam between the actors and any way of carrying messages. Every member may be called from any
/// thread and returns at once.</summary>
/// <remarks>It tells the connection actor <see cref="SocketProtocol"/>'s messages, and reads the client only as fast as they are
/// <see cref="Handled"/> and as what was sent to the client drains.</remarks>
public interface IClientSocket
{
    /// <summary>Number of the last signaling message that was written out; 0 before the first.</summary>
    long Written { get; }

    /// <summary>Signaling bytes that wait to be written.</summary>
    long QueuedBytes { get; }

    /// <summary>When the client last gave a sign of life, as <see cref="TimeProvider.GetTimestamp"/> counts.</summary>
    long LastSignOfLife { get; }

    /// <summary>Starts reading for <paramref name="connection"/>; called once.</summary>
    void Start(IActorRef connection);

    /// <summary>The receiver is done with one <see cref="SocketProtocol.Received"/> of this many bytes.</summary>
    void Handled(int bytes);

    /// <summary>Queues a signaling message; nobody may write to its bytes afterwards. After <see cref="Close"/> it does nothing.</summary>
    /// <returns>The message's number, rising by one.</returns>
    long Send(ReadOnlyMemory<byte> utf8);

    /// <summary>Queues presence of <paramref name="peer"/>: takes the place of older presence of the same peer, and yields to signaling.</summary>
    void SendPresence(PeerId peer, ReadOnlyMemory<byte> utf8);

    /// <summary>Sends a ping, whose pong is a sign of life (RFC 6455 §5.5.2).</summary>
    void Ping();

    /// <summary>Closes once everything queued is written (RFC 6455 §7.1.2); <see cref="SocketProtocol.Drained"/> and
    /// <see cref="SocketProtocol.Closed"/> follow. Only the first call counts.</summary>
    void Close(CloseCode code, string reason);

    /// <summary>The same, but what is queued is not sent.</summary>
    void CloseNow(CloseCode code, string reason);

    /// <summary>Cuts the connection without a word to the client; <see cref="SocketProtocol.Closed"/> follows.</summary>
    void Abort();
}
