using System.Collections.Concurrent;
using System.Threading.Channels;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Mailboxes;

/// <summary>A database in memory, whose commits and reads wait for the test where it says so.</summary>
internal sealed class FakeDatabase : IMailboxDatabase
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, List<StoredMessage>> _mailboxes = [];
    private readonly Channel<Held> _commits = Channel.CreateUnbounded<Held>();
    private readonly Channel<Held> _reads = Channel.CreateUnbounded<Held>();
    private readonly ConcurrentBag<Held> _held = [];
    private readonly Generations _generations;
    private int _underWay;
    private volatile bool _isOver;

    public FakeDatabase() => _generations = new Generations(ReserveAsync);

    public bool HoldsCommits { get; init; }

    public bool HoldsReads { get; init; }

    /// <summary>What a group fails with; null where it does not.</summary>
    public Func<IReadOnlyList<MailboxWrite>, Exception?> Failure { get; set; } = _ => null;

    /// <summary>Those that are owners no more.</summary>
    public HashSet<MailboxOwner> Fenced { get; } = [];

    /// <summary>Those that were closed.</summary>
    public ConcurrentQueue<MailboxOwner> Closed { get; } = [];

    /// <summary>What a reservation of generations comes after, or fails with.</summary>
    public Task ReservationCondition { get; set; } = Task.CompletedTask;

    /// <summary>All commits in order, also those that failed.</summary>
    public ConcurrentQueue<Held> Commits { get; } = [];

    /// <summary>Removals have no time to rest.</summary>
    public bool IsBehind { get; init; }

    /// <summary>What each step of a removal was allowed to look at.</summary>
    public ConcurrentQueue<int> RemovalSteps { get; } = [];

    public int Reservations { get; private set; }

    /// <summary>The generation that is reserved first.</summary>
    public long FirstGeneration { get; init; } = 1;

    public MailboxTotals Totals
    {
        get
        {
            lock (_gate) return new MailboxTotals(_mailboxes.Values.Sum(mailbox => mailbox.Count), _mailboxes.Values.Sum(mailbox => mailbox.Sum(message => message.Json.Length)));
        }
    }

    public async Task<IReadOnlySet<MailboxOwner>> CommitAsync(IReadOnlyList<MailboxWrite> writes)
    {
        if (Interlocked.Increment(ref _underWay) > 1) throw new InvalidOperationException("The store promises to commit one group at a time.");
        var commit = new Held(writes[0].Peer, writes);
        Commits.Enqueue(commit);
        try
        {
            if (HoldsCommits) await HoldAsync(_commits, commit);
            if (Failure(writes) is { } failure) throw failure;
            lock (_gate)
            {
                foreach (var write in writes.Where(write => !Fenced.Contains(write.Owner))) Apply(write);
            }
            commit.IsKept = true;
            return Fenced;
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }

    public async Task<OpenedMailbox> OpenAsync(PeerId peer)
    {
        var generation = _generations.NextAsync().AsTask();
        if (HoldsReads) await HoldAsync(_reads, new Held(peer, []));
        return new OpenedMailbox(await generation, Content(peer));
    }

    public Task<long> NextGenerationAsync(MailboxOwner owner) => _generations.NextAsync().AsTask();

    public void Close(MailboxOwner owner) => Closed.Enqueue(owner);

    public async Task<long> ReserveAsync(int count)
    {
        await ReservationCondition;
        return FirstGeneration + ((long)Reservations++ * count);
    }

    public Task<RemovalStep> RemoveAcceptedUpToAsync(DateTimeOffset time, int most)
    {
        RemovalSteps.Enqueue(most);
        lock (_gate)
        {
            var old = _mailboxes.Values.SelectMany(mailbox => mailbox).Where(message => message.AcceptedAt <= time).Take(most).ToHashSet();
            foreach (var mailbox in _mailboxes.Values) mailbox.RemoveAll(old.Contains);
            return Task.FromResult(new RemovalStep(old.Count, IsDone: old.Count < most, IsBehind));
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>What a mailbox holds now.</summary>
    public IReadOnlyList<StoredMessage> Content(PeerId peer)
    {
        lock (_gate) return _mailboxes.TryGetValue(peer, out var mailbox) ? [.. mailbox] : [];
    }

    /// <summary>The next commit that waits for the test.</summary>
    public Task<Held> NextCommitAsync() => _commits.Reader.ReadAsync().Soon();

    /// <summary>Lets every commit go on until this is done, well or not.</summary>
    public async Task CommitUntilAsync(Task done)
    {
        while (!done.IsCompleted)
        {
            while (_commits.Reader.TryRead(out var commit)) commit.GoOn();
            await Task.WhenAny(_commits.Reader.WaitToReadAsync().AsTask(), done).Soon();
        }
    }

    /// <summary>The next read that waits for the test.</summary>
    public Task<Held> NextReadAsync() => _reads.Reader.ReadAsync().Soon();

    public bool TryTakeCommit(out Held? commit) => _commits.Reader.TryRead(out commit);

    public bool TryTakeRead(out Held? read) => _reads.Reader.TryRead(out read);

    /// <summary>Completes when a commit or a read waits for the test.</summary>
    public Task AnyHeldAsync() => Task.WhenAny(_commits.Reader.WaitToReadAsync().AsTask(), _reads.Reader.WaitToReadAsync().AsTask());

    /// <summary>The test is over: nothing waits for it any more.</summary>
    public void LetAllGoOn()
    {
        _isOver = true;
        foreach (var held in _held) held.EndWaiting();
    }

    private Task HoldAsync(Channel<Held> waiting, Held held)
    {
        _held.Add(held);
        if (_isOver) held.EndWaiting();
        waiting.Writer.TryWrite(held);
        return held.Done;
    }

    private void Apply(MailboxWrite write)
    {
        if (!_mailboxes.TryGetValue(write.Peer, out var mailbox)) _mailboxes.Add(write.Peer, mailbox = []);
        if (write is AppendMessages append) mailbox.AddRange(append.Messages.Where(message => mailbox.All(known => known.Seq != message.Seq)));
        if (write is RemoveMessages remove) mailbox.RemoveAll(message => remove.Seqs.Contains(message.Seq));
    }

    /// <summary>A commit or a read, which may wait for the test.</summary>
    /// <param name="peer">Whose mailbox; of a commit, that of its first write.</param>
    /// <param name="writes">Of a commit.</param>
    internal sealed class Held(PeerId peer, IReadOnlyList<MailboxWrite> writes)
    {
        // What waits goes on within GoOn or Fail, as far as it does not change threads: so a test can tell what has become of a read.
        private readonly TaskCompletionSource _done = new();

        public PeerId Peer => peer;

        public IReadOnlyList<MailboxWrite> Writes => writes;

        public int Messages => writes.Sum(write => write.Count);

        /// <summary>The commit has happened.</summary>
        public bool IsKept { get; set; }

        /// <summary>What the test made it fail with.</summary>
        public Exception? Cause { get; private set; }

        public Task Done => _done.Task;

        public void GoOn() => _done.SetResult();

        public void Fail(Exception cause)
        {
            Cause = cause;
            _done.SetException(cause);
        }

        public void EndWaiting() => _done.TrySetResult();
    }
}
