using Akka.Actor;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Messages;

/// <summary>What is said to, and by, a peer's mailbox.</summary>
public static class MailboxProtocol
{
    /// <summary>Addressed to the mailbox of <see cref="Peer"/>, which is also the sharding key.</summary>
    public interface IMailboxCommand
    {
        /// <summary>Whose mailbox.</summary>
        PeerId Peer { get; }
    }

    /// <summary><paramref name="Connection"/> registered as this peer; the last one wins. Answered by <see cref="Attached"/>, then by what waits;
    /// or by <see cref="NotAttached"/>.</summary>
    /// <param name="Peer">The id.</param>
    /// <param name="Connection">Who is handed its messages.</param>
    /// <param name="Acks">The client acknowledges: its messages carry their <c>seq</c>.</param>
    /// <param name="Previous">The connection had the id from the mailbox's predecessor, by this epoch; null where its client registers now. Then a connection that came later keeps the id,
    /// and this one is told <see cref="Replaced"/>.</param>
    public sealed record Attach(PeerId Peer, IActorRef Connection, bool Acks, Epoch? Previous = null) : IMailboxCommand;

    /// <summary><paramref name="Connection"/> asked for the id and has ended since: if that still waits somewhere, it is not to come late and replace a newer one.</summary>
    /// <param name="Peer">The id.</param>
    /// <param name="Connection">Who asked for it.</param>
    /// <param name="OnlyGivesWay">It still registers where nobody newer has; its client has left messages behind.</param>
    public sealed record Withdraw(PeerId Peer, IActorRef Connection, bool OnlyGivesWay) : IMailboxCommand;

    /// <summary>The connection holds the id from now on. <paramref name="Epoch"/> rises with every registration of the peer.</summary>
    /// <param name="Peer">The id.</param>
    /// <param name="Epoch">Of this registration.</param>
    /// <param name="IsReconnect">The peer was here already: on another connection, which is replaced, or on this one.</param>
    public sealed record Attached(PeerId Peer, Epoch Epoch, bool IsReconnect);

    /// <summary>The connection does not hold the id, since what the store holds for the peer cannot be read.</summary>
    public sealed record NotAttached(PeerId Peer);

    /// <summary>Told to the connection whose registration was taken over. It answers with its last <see cref="Detach"/> as soon as it knows what its client has.</summary>
    public sealed record Replaced(PeerId Peer, Epoch Epoch);

    /// <summary>Told to the connections by a mailbox that stops or fails while they need it: attach again, to its successor.</summary>
    public sealed record AttachAgain(PeerId Peer);

    /// <summary>Told to the attached connection by a mailbox that moves to another node: say with <see cref="Detach"/> what was delivered, as soon as that is known, and attach again.</summary>
    public sealed record Release(PeerId Peer, Epoch Epoch);

    /// <summary>Told to the attached connection: its client reads too slowly for what is sent to it; close with 1013.</summary>
    public sealed record TooSlow(PeerId Peer);

    /// <summary>The connection gives the id up. Everything up to <paramref name="Through"/> was delivered; the rest goes back, in order.
    /// Of an epoch that is over it changes nothing.</summary>
    public sealed record Detach(PeerId Peer, Epoch Epoch, long Through) : IMailboxCommand;

    /// <summary>Everything handed over up to <paramref name="Through"/> was delivered and need not be kept.</summary>
    public sealed record Confirm(PeerId Peer, Epoch Epoch, long Through) : IMailboxCommand;

    /// <summary>Asks a mailbox where it is, and wakes it; answered by <see cref="Located"/>, from itself.</summary>
    public sealed record Locate(PeerId Peer) : IMailboxCommand;

    /// <summary>It is where this comes from.</summary>
    public sealed record Located(PeerId Peer);

    /// <summary>A relayed message for this peer. Handed over if the peer is here, and then answered only where a receipt is wanted, by <see cref="Delivered"/>;
    /// else stored, and answered to the sender by <see cref="Stored"/>. What can be neither is answered by <see cref="Refused"/>.</summary>
    /// <param name="Peer">The recipient.</param>
    /// <param name="From">The sender.</param>
    /// <param name="Type">The message's type.</param>
    /// <param name="Id">The message's <c>id</c> as it was spelled; empty where it has none.</param>
    /// <param name="WantsReceipt">The sender wants to know what becomes of it, and may send it again; with <paramref name="From"/>, its id names it.</param>
    /// <param name="Json">The object that the recipient gets.</param>
    public sealed record Deliver(PeerId Peer, PeerId From, MessageType Type, ReadOnlyMemory<byte> Id, bool WantsReceipt, ReadOnlyMemory<byte> Json) : IMailboxCommand;

    /// <summary>A message of which a receipt is wanted has reached its recipient.</summary>
    public sealed record Delivered(PeerId Peer, ReadOnlyMemory<byte> Id);

    /// <summary>The peer is away, and the store has committed the message.</summary>
    public sealed record Stored(PeerId Peer, ReadOnlyMemory<byte> Id, MessageType Type, bool WantsReceipt);

    /// <summary>The message was not accepted.</summary>
    public sealed record Refused(ReadOnlyMemory<byte> Id, ErrorCode Reason);

    /// <summary>Handed to the attached connection: send it, and say when it was delivered.</summary>
    /// <param name="Peer">The id it was sent to.</param>
    /// <param name="From">Who sent it.</param>
    /// <param name="Seq">Rises within the mailbox.</param>
    /// <param name="IsAwaited">Somebody waits to hear that it was delivered.</param>
    /// <param name="Json">A relayed object, or an <c>offline-message</c>.</param>
    public sealed record HandOver(PeerId Peer, PeerId From, long Seq, bool IsAwaited, ReadOnlyMemory<byte> Json);
}
