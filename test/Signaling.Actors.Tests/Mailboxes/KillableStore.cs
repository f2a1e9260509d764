using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Tests.Mailboxes;

/// <summary>One process's way to a store that outlives it: it may fail for a while, and after the process is killed nothing it does arrives.</summary>
internal sealed class KillableStore(IMailboxStore store) : IMailboxStore
{
    /// <summary>Every call fails.</summary>
    public bool Fails { get; set; }

    public bool IsKilled { get; set; }

    /// <summary>How many calls failed.</summary>
    public int Failures { get; private set; }

    public MailboxTotals Totals => store.Totals;

    public ValueTask<OpenedMailbox> OpenAsync(PeerId peer) => Call(() => store.OpenAsync(peer));

    public ValueTask<long> NextGenerationAsync(MailboxOwner owner) => Call(() => store.NextGenerationAsync(owner));

    public ValueTask AppendAsync(MailboxOwner owner, IReadOnlyList<StoredMessage> messages) => Call(() => store.AppendAsync(owner, messages));

    public ValueTask RemoveAsync(MailboxOwner owner, IReadOnlyList<long> seqs) => Call(() => store.RemoveAsync(owner, seqs));

    public void Close(MailboxOwner owner) => store.Close(owner);

    public ValueTask<int> RemoveAcceptedUpToAsync(DateTimeOffset time) => Call(() => store.RemoveAcceptedUpToAsync(time));

    private T Call<T>(Func<T> call)
    {
        if (!Fails && !IsKilled) return call();
        Failures++;
        throw new IOException("disk gone");
    }
}
