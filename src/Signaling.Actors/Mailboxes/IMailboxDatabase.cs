using Signaling.Actors.Protocol;

namespace Signaling.Actors.Mailboxes;

/// <summary>What a <see cref="GroupCommitMailboxStore"/> commits groups of writes to and reads mailboxes from. Safe for parallel use; the store commits
/// one group at a time.</summary>
/// <remarks>A <see cref="MailboxStoreException"/> says that nothing can be written or read now, whatever it is. Any other exception may be the fault
/// of one write, so each of the group is then tried alone.</remarks>
public interface IMailboxDatabase : IAsyncDisposable
{
    /// <summary>What all mailboxes hold together, as of the last commit.</summary>
    MailboxTotals Totals { get; }

    /// <summary>A generation, and what the mailbox holds, oldest first: at least everything that was committed before the call.</summary>
    /// <remarks>Where several processes use the database, it remembers the generation, for good, before it reads: what an older owner writes from then on is
    /// refused, so nothing that it wrote is missed.</remarks>
    Task<OpenedMailbox> OpenAsync(PeerId peer);

    /// <inheritdoc cref="IMailboxStore.NextGenerationAsync"/>
    Task<long> NextGenerationAsync(MailboxOwner owner);

    /// <summary>These writes, in this order: when it completes, all of them are kept but those of a fenced owner; or it fails, and none is.</summary>
    /// <remarks>A message that is there already, by its peer and seq, is not added again; so a write may be repeated.</remarks>
    /// <returns>The owners that are fenced: of what they wrote nothing is kept.</returns>
    Task<IReadOnlySet<MailboxOwner>> CommitAsync(IReadOnlyList<MailboxWrite> writes);

    /// <inheritdoc cref="IMailboxStore.Close"/>
    void Close(MailboxOwner owner);

    /// <summary>One step of removing what was accepted at this time or before and of giving the space back, also that of messages which were removed
    /// before; short enough to stand between two commits.</summary>
    /// <param name="time">The time.</param>
    /// <param name="most">Most messages that one step looks at.</param>
    Task<RemovalStep> RemoveAcceptedUpToAsync(DateTimeOffset time, int most);
}

/// <summary>A change of one mailbox. Its list is the database's until it is committed: nobody writes to it.</summary>
/// <param name="Owner">Who writes to which mailbox.</param>
public abstract record MailboxWrite(MailboxOwner Owner)
{
    /// <summary>Whose mailbox.</summary>
    public PeerId Peer => Owner.Peer;

    /// <summary>How many messages it adds or removes.</summary>
    public abstract int Count { get; }

    /// <summary>Bytes of JSON that it adds.</summary>
    public virtual long Bytes => 0;
}

/// <summary>Adds messages behind those that are there.</summary>
/// <param name="Owner">Who adds to which mailbox.</param>
/// <param name="Messages">Oldest first.</param>
public sealed record AppendMessages(MailboxOwner Owner, IReadOnlyList<StoredMessage> Messages) : MailboxWrite(Owner)
{
    /// <inheritdoc/>
    public override int Count => Messages.Count;

    /// <inheritdoc/>
    public override long Bytes { get; } = Messages.Sum(message => (long)message.Json.Length);
}

/// <summary>Removes messages; ones that are not there are no error.</summary>
/// <param name="Owner">Who removes from which mailbox.</param>
/// <param name="Seqs">Which.</param>
public sealed record RemoveMessages(MailboxOwner Owner, IReadOnlyList<long> Seqs) : MailboxWrite(Owner)
{
    /// <inheritdoc/>
    public override int Count => Seqs.Count;
}

/// <summary>What one step of a long removal did.</summary>
/// <param name="Removed">Messages that went and had waited.</param>
/// <param name="IsDone">Nothing is left to do.</param>
/// <param name="IsBehind">So much is left that others have to bear with it; else it is done little by little.</param>
public readonly record struct RemovalStep(int Removed, bool IsDone, bool IsBehind);
