using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Tests.Mailboxes;

/// <summary>The store in memory, for doubles that differ from it in one thing.</summary>
internal abstract class StoreDouble : IMailboxStore
{
    protected InMemoryMailboxStore Inner { get; } = new();

    public MailboxTotals Totals => Inner.Totals;

    public virtual ValueTask<OpenedMailbox> OpenAsync(PeerId peer) => Inner.OpenAsync(peer);

    public virtual ValueTask<long> NextGenerationAsync(PeerId peer) => Inner.NextGenerationAsync(peer);

    public virtual ValueTask AppendAsync(PeerId peer, IReadOnlyList<StoredMessage> messages) => Inner.AppendAsync(peer, messages);

    public virtual ValueTask RemoveAsync(PeerId peer, IReadOnlyList<long> seqs) => Inner.RemoveAsync(peer, seqs);

    public virtual ValueTask<int> RemoveAcceptedUpToAsync(DateTimeOffset time) => Inner.RemoveAcceptedUpToAsync(time);
}
