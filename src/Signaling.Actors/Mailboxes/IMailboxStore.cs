using Signaling.Actors.Protocol;

namespace Signaling.Actors.Mailboxes;

/// <summary>Where messages for peers that are away are kept. One mailbox is used by one actor at a time; different mailboxes in parallel.</summary>
/// <remarks>Calls for one mailbox take effect in the order they were made, also when made without awaiting the one before. A call that throws has not happened, as far as the caller may rely on it.
/// <see cref="MailboxFencedException"/> says that the caller is not the mailbox's owner any more; <see cref="InvalidDataException"/> that what is stored of this mailbox
/// is damaged; anything else that the store does not work now. A store that one process alone uses need not fence.</remarks>
public interface IMailboxStore
{
    /// <summary>What all mailboxes hold together; may lag behind calls that are under way.</summary>
    MailboxTotals Totals { get; }

    /// <summary>Opens a mailbox, or opens it again: what it holds, and a generation higher than any before for this peer. Whoever had opened it before is
    /// its owner no more.</summary>
    ValueTask<OpenedMailbox> OpenAsync(PeerId peer);

    /// <summary>One more generation for a mailbox that is open, higher than any before for this peer, and lower than that of its next owner. The owner is
    /// still known by the one that it opened the mailbox with.</summary>
    ValueTask<long> NextGenerationAsync(MailboxOwner owner);

    /// <summary>Adds messages behind those that are there. When it completes, they are kept as well as this store ever keeps anything.</summary>
    ValueTask AppendAsync(MailboxOwner owner, IReadOnlyList<StoredMessage> messages);

    /// <summary>Removes these messages; ones that are not there are no error.</summary>
    ValueTask RemoveAsync(MailboxOwner owner, IReadOnlyList<long> seqs);

    /// <summary>This owner makes no more calls, and all that it made are answered: what the store remembers of it, not of its messages, may go in time.</summary>
    void Close(MailboxOwner owner);

    /// <summary>Removes, in all mailboxes, what was accepted at this time or before, and gives the space back.</summary>
    /// <returns>How many messages went.</returns>
    ValueTask<int> RemoveAcceptedUpToAsync(DateTimeOffset time);
}

/// <summary>Who may write to a mailbox: whoever has opened it last.</summary>
/// <param name="Peer">Whose mailbox.</param>
/// <param name="Generation">That it was opened with.</param>
public readonly record struct MailboxOwner(PeerId Peer, long Generation);

/// <summary>What a mailbox holds when it is opened.</summary>
/// <param name="Generation">From 1 to 2^41 - 1; rises each time the mailbox is opened, also over restarts and kills of the process where the store outlives it.</param>
/// <param name="Messages">Oldest first; expired ones may be among them.</param>
public sealed record OpenedMailbox(long Generation, IReadOnlyList<StoredMessage> Messages);

/// <summary>A message that waits for its recipient.</summary>
/// <param name="Seq">Rises within the mailbox; below 2^53.</param>
/// <param name="From">The sender.</param>
/// <param name="Id">The message's <c>id</c> as it was spelled, where its sender asked for a receipt; else empty. With <paramref name="From"/> it names the message.</param>
/// <param name="AcceptedAt">When the node took it, in whole milliseconds; its time to live counts from here.</param>
/// <param name="Json">The object that would have been relayed.</param>
public sealed record StoredMessage(long Seq, PeerId From, ReadOnlyMemory<byte> Id, DateTimeOffset AcceptedAt, ReadOnlyMemory<byte> Json);

/// <summary>How much waits in a store.</summary>
/// <param name="Messages">Messages.</param>
/// <param name="Bytes">Of their JSON.</param>
public readonly record struct MailboxTotals(long Messages, long Bytes);
