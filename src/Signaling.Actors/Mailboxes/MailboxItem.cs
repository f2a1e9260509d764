using Akka.Actor;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Mailboxes;

/// <summary>One message in a mailbox.</summary>
/// <param name="seq">Rises within the mailbox.</param>
/// <param name="from">The sender.</param>
/// <param name="id">Where the sender asked for a receipt; else empty.</param>
/// <param name="acceptedAt">Its time to live counts from here.</param>
/// <param name="json">The object that the recipient gets.</param>
internal sealed class MailboxItem(long seq, PeerId from, ReadOnlyMemory<byte> id, DateTimeOffset acceptedAt, ReadOnlyMemory<byte> json)
{
    /// <summary>Besides the first one: nodes by which a message was sent again before anybody knew what became of it.</summary>
    private const int MaxSenders = 4;

    private List<IActorRef>? _alsoReceiptTo;

    public long Seq { get; } = seq;

    public PeerId From { get; } = from;

    public ReadOnlyMemory<byte> Id { get; } = id;

    public bool WantsReceipt => !Id.IsEmpty;

    public DateTimeOffset AcceptedAt { get; } = acceptedAt;

    public int Bytes { get; } = json.Length;

    /// <summary>Empty while it lies in the store alone.</summary>
    public ReadOnlyMemory<byte> Json { get; private set; } = json;

    public bool IsReleased => Json.IsEmpty;

    public StoreState Store { get; set; }

    /// <summary>The node answers for it; of one that is only offered, the sender may yet hear that it is refused.</summary>
    public bool IsAccepted => Store != StoreState.Offered;

    /// <summary>It waited while its recipient was away, or comes again: it is delivered as <c>offline-message</c>.</summary>
    public bool WasLate { get; set; }

    /// <summary>Who waits for its receipt; nobody once it was answered.</summary>
    public IActorRef ReceiptTo { get; set; } = ActorRefs.Nobody;

    /// <summary>One more waits for its receipt: the message was sent again. Of the same connection, or by the same other node, the last one is heard.</summary>
    public void AddReceiptTo(IActorRef sender)
    {
        if (ReceiptTo.IsNobody() || ReceiptTo.Equals(sender))
        {
            (ReceiptTo as ICustodian)?.Release();
            ReceiptTo = sender;
            return;
        }
        _alsoReceiptTo ??= [];
        var index = _alsoReceiptTo.IndexOf(sender);
        if (index < 0 && _alsoReceiptTo.Count == MaxSenders) index = 0;
        if (index >= 0)
        {
            (_alsoReceiptTo[index] as ICustodian)?.Release();
            _alsoReceiptTo.RemoveAt(index);
        }
        _alsoReceiptTo.Add(sender);
    }

    /// <summary>Tells all of them what became of it, once.</summary>
    public void AnswerReceipt(object outcome)
    {
        var (first, others) = (ReceiptTo, _alsoReceiptTo);
        (ReceiptTo, _alsoReceiptTo) = (ActorRefs.Nobody, null);
        first.Tell(outcome, ActorRefs.NoSender);
        foreach (var sender in others ?? []) sender.Tell(outcome, ActorRefs.NoSender);
    }

    public StoredMessage ToStored() => new(Seq, From, Id, AcceptedAt, Json);

    /// <summary>The store has it, and its peer is away: memory need not hold it as well.</summary>
    public void Release() => Json = default;
}

/// <summary>Where a message is on its way to the store.</summary>
internal enum StoreState
{
    /// <summary>In memory alone.</summary>
    No,

    /// <summary>The store was asked whether it takes it: it came while its recipient was away.</summary>
    Offered,

    /// <summary>The store was asked to keep what was accepted before: its recipient was here.</summary>
    Asked,

    /// <summary>The store has committed it.</summary>
    Committed,
}
