using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Tests.Mailboxes;

/// <summary>A store that held these messages before the node started.</summary>
internal sealed class HoldingStore(params StoredMessage[] messages) : IMailboxStore
{
    public ValueTask<OpenedMailbox> OpenAsync(PeerId peer) => ValueTask.FromResult(new OpenedMailbox(1, messages[^1].Seq, messages));

    public ValueTask AppendAsync(PeerId peer, IReadOnlyList<StoredMessage> messages) => ValueTask.CompletedTask;

    public ValueTask RemoveAsync(PeerId peer, IReadOnlyList<long> seqs) => ValueTask.CompletedTask;
}
