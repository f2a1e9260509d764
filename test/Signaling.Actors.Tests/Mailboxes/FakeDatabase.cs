using System.Collections.Concurrent;
using System.Threading.Channels;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Tests.Mailboxes;

/// <summary>A database in memory, whose commits and reads wait for the test where it says so.</summary>
internal sealed class FakeDatabase : IMailboxDatabase
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly InMemoryMailboxStore _content = new();
    private readonly Channel<Held> _commits = Channel.CreateUnbounded<Held>();
    private readonly Channel<Held> _reads = Channel.CreateUnbounded<Held>();

    public bool HoldsCommits { get; init; }

    public bool HoldsReads { get; init; }

    /// <summary>What a group fails with; null where it does not.</summary>
    public Func<IReadOnlyList<MailboxWrite>, Exception?> Failure { get; set; } = _ => null;

    public Exception? ReservationFailure { get; set; }

    /// <summary>How many writes each commit had, in order; also those that failed.</summary>
    public ConcurrentQueue<int> Groups { get; } = [];

    public int Reservations { get; private set; }

    public MailboxTotals Totals => _content.Totals;

    public async Task CommitAsync(IReadOnlyList<MailboxWrite> writes)
    {
        Groups.Enqueue(writes.Count);
        if (HoldsCommits) await HoldAsync(_commits, writes);
        if (Failure(writes) is { } failure) throw failure;
        foreach (var write in writes)
        {
            if (write is AppendMessages append) await _content.AppendAsync(append.Peer, append.Messages);
            if (write is RemoveMessages remove) await _content.RemoveAsync(remove.Peer, remove.Seqs);
        }
    }

    public async Task<IReadOnlyList<StoredMessage>> ReadAsync(PeerId peer)
    {
        if (HoldsReads) await HoldAsync(_reads, []);
        return (await _content.OpenAsync(peer)).Messages;
    }

    public Task<long> ReserveGenerationsAsync(int count) =>
        ReservationFailure is { } failure ? Task.FromException<long>(failure) : Task.FromResult(1 + ((long)Reservations++ * count));

    public Task<RemovalStep> RemoveAcceptedUpToAsync(DateTimeOffset time, int most) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>The next commit that waits for the test.</summary>
    public Task<Held> NextCommitAsync() => _commits.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    /// <summary>The next read that waits for the test.</summary>
    public Task<Held> NextReadAsync() => _reads.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    private static Task HoldAsync(Channel<Held> waiting, IReadOnlyList<MailboxWrite> writes)
    {
        var held = new Held(writes);
        waiting.Writer.TryWrite(held);
        return held.Done;
    }

    /// <summary>Something that waits for the test.</summary>
    internal sealed class Held(IReadOnlyList<MailboxWrite> writes)
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IReadOnlyList<MailboxWrite> Writes => writes;

        public Task Done => _done.Task;

        public void GoOn() => _done.SetResult();

        public void Fail(Exception cause) => _done.SetException(cause);
    }
}
