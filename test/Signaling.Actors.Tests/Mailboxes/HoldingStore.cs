using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Tests.Mailboxes;

/// <summary>A store that held these messages before the node started.</summary>
internal sealed class HoldingStore(params StoredMessage[] messages) : StoreDouble
{
    public override ValueTask<OpenedMailbox> OpenAsync(PeerId peer) => ValueTask.FromResult(new OpenedMailbox(1, messages));
}
