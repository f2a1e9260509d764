using Signaling.Actors.Protocol;

namespace Signaling.Actors.Mailboxes;

/// <summary>Where messages for peers that are away are kept. One mailbox is used by one actor at a time; different mailboxes in parallel.</summary>
/// <remarks>Calls for one mailbox take effect in the order they were made, also when made without awaiting the one before. A call that throws has not happened, as far as the caller may rely on it.</remarks>
public interface IMailboxStore
{
    /// <summary>Opens a mailbox: what it holds, and a generation higher than any before for this peer.</summary>
    ValueTask<OpenedMailbox> OpenAsync(PeerId peer);

    /// <summary>Adds messages behind those that are there. When it completes, they are kept as well as this store ever keeps anything.</summary>
    ValueTask AppendAsync(PeerId peer, IReadOnlyList<StoredMessage> messages);

    /// <summary>Removes these messages; ones that are not there are no error.</summary>
    ValueTask RemoveAsync(PeerId peer, IReadOnlyList<long> seqs);
}

/// <summary>What a mailbox holds when it is opened.</summary>
/// <param name="Generation">Rises each time the mailbox is opened, also over restarts of the process where the store outlives it.</param>
/// <param name="LastSeq">The highest seq that was ever stored here, 0 for none.</param>
/// <param name="Messages">Oldest first; expired ones may be among them.</param>
public sealed record OpenedMailbox(long Generation, long LastSeq, IReadOnlyList<StoredMessage> Messages);

/// <summary>A message that waits for its recipient.</summary>
/// <param name="Seq">Rises within the mailbox.</param>
/// <param name="From">The sender.</param>
/// <param name="AcceptedAt">When the node took it; its time to live counts from here.</param>
/// <param name="Json">The object that would have been relayed.</param>
public sealed record StoredMessage(long Seq, PeerId From, DateTimeOffset AcceptedAt, ReadOnlyMemory<byte> Json);
