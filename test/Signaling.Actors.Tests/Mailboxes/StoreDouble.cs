using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Tests.Mailboxes;

/// <summary>The store in memory, for doubles that differ from it in one thing.</summary>
internal abstract class StoreDouble : IMailboxStore
{
    protected InMemoryMailboxStore Inner { get; } = new();

    public MailboxTotals Totals => Inner.Totals;

    public virtual ValueTask<OpenedMailbox> OpenAsync(PeerId peer) => Inner.OpenAsync(peer);

    public virtual ValueTask<long> NextGenerationAsync(MailboxOwner owner) => Inner.NextGenerationAsync(owner);

    public virtual ValueTask AppendAsync(MailboxOwner owner, IReadOnlyList<StoredMessage> messages) => Inner.AppendAsync(owner, messages);

    public virtual ValueTask RemoveAsync(MailboxOwner owner, IReadOnlyList<long> seqs) => Inner.RemoveAsync(owner, seqs);

    public virtual void Close(MailboxOwner owner) => Inner.Close(owner);

    public virtual ValueTask<int> RemoveAcceptedUpToAsync(DateTimeOffset time) => Inner.RemoveAcceptedUpToAsync(time);
}
