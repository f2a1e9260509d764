using Akka.Actor;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Transport;

/// <summary>One client's transport: the seam between the actors and any way of carrying messages. Every member may be called from any
/// thread and returns at once.</summary>
/// <remarks>It tells the connection actor <see cref="SocketProtocol"/>'s messages, and reads the client only as fast as they are
/// <see cref="Handled"/> and as what was sent to the client drains.</remarks>
public interface IClientSocket
{
    /// <summary>Number of the last delivery that the client is known to have; 0 before the first.</summary>
    /// <remarks>What TCP has accepted a phone may never read. A pong proves that everything before its ping has reached the client's WebSocket stack
    /// (<see cref="Confirm"/>); where the node is told to do without, what is written counts.</remarks>
    long Delivered { get; }

    /// <summary>Bytes that wait to be written, presence apart.</summary>
    long QueuedBytes { get; }

    /// <summary>When the client last gave a sign of life, as <see cref="TimeProvider.GetTimestamp"/> counts.</summary>
    long LastSignOfLife { get; }

    /// <summary>Starts reading for <paramref name="connection"/>; called once.</summary>
    void Start(IActorRef connection);

    /// <summary>The receiver is done with one <see cref="SocketProtocol.Received"/> of this many bytes.</summary>
    void Handled(int bytes);

    /// <summary>Reads no further, but for what is read already, until <see cref="Resume"/>.</summary>
    void Pause();

    /// <summary>Reads on.</summary>
    void Resume();

    /// <summary>Queues what the node itself says; nobody may write to its bytes afterwards. After a close it does nothing.</summary>
    /// <param name="utf8">The message, or its beginning.</param>
    /// <param name="rest">Follows it in the same message: answers to many clients share the same bytes but for a part in the middle.</param>
    void Send(ReadOnlyMemory<byte> utf8, ReadOnlyMemory<byte> rest = default);

    /// <summary>Queues a message from a mailbox, in one line with what is sent. After a close it does nothing.</summary>
    /// <returns>The delivery's number, rising by one.</returns>
    long Deliver(ReadOnlyMemory<byte> utf8);

    /// <summary>From now on sends what it finds in <paramref name="presence"/> whenever nothing of signaling waits; null ends that.</summary>
    void Follow(IPresenceReader? presence);

    /// <summary>There is news where the socket was told to <see cref="Follow"/>, if it was.</summary>
    void PresenceWaits();

    /// <summary>Sends a ping, whose pong is a sign of life (RFC 6455 §5.5.2).</summary>
    void Ping();

    /// <summary>Sends a ping behind everything that was queued, unless one is on its way: its pong raises <see cref="Delivered"/>, and
    /// <see cref="SocketProtocol.Confirmed"/> follows. Where what is written counts, it follows when that is written. <see cref="Close"/> does the same.</summary>
    void Confirm();

    /// <summary>Closes once everything queued is written (RFC 6455 §7.1.2); <see cref="SocketProtocol.Drained"/> and
    /// <see cref="SocketProtocol.Closed"/> follow. Only the first call counts.</summary>
    void Close(CloseCode code, string reason);

    /// <summary>The same, but deliveries that wait are not sent.</summary>
    void CloseNow(CloseCode code, string reason);

    /// <summary>Answers the client's close frame with its code (RFC 6455 §5.5.1), after <see cref="SocketProtocol.CloseReceived"/>. Deliveries that wait
    /// are not sent: a client that closes hears nothing more.</summary>
    void AnswerClose();

    /// <summary>Cuts the connection without a word to the client; <see cref="SocketProtocol.Closed"/> follows.</summary>
    void Abort();
}
