using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Tests.Mailboxes;

/// <summary>One process's way to a store that outlives it: it may fail for a while, and after the process is killed nothing it does arrives.</summary>
internal sealed class KillableStore(IMailboxStore store) : IMailboxStore
{
    /// <summary>Every call fails.</summary>
    public bool Fails { get; set; }

    public bool IsKilled { get; set; }

    public MailboxTotals Totals => store.Totals;

    public ValueTask<OpenedMailbox> OpenAsync(PeerId peer) => Call(() => store.OpenAsync(peer));

    public ValueTask<long> NextGenerationAsync(PeerId peer) => Call(() => store.NextGenerationAsync(peer));

    public ValueTask AppendAsync(PeerId peer, IReadOnlyList<StoredMessage> messages) => Call(() => store.AppendAsync(peer, messages));

    public ValueTask RemoveAsync(PeerId peer, IReadOnlyList<long> seqs) => Call(() => store.RemoveAsync(peer, seqs));

    public ValueTask<int> RemoveAcceptedUpToAsync(DateTimeOffset time) => Call(() => store.RemoveAcceptedUpToAsync(time));

    private T Call<T>(Func<T> call) => Fails || IsKilled ? throw new IOException("disk gone") : call();
}
