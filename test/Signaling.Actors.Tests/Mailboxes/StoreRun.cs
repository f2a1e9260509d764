using System.Globalization;
using Akka.Actor;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Mailboxes;

/// <summary>A store that goes through the steps of a property, and then closes.</summary>
/// <remarks>The stream of the store runs on other threads. Calls are made whatever it does meanwhile; before anything else happens, the run waits until
/// the store has gone as far as it can, so that it is known which calls the database has heard of.</remarks>
internal sealed class StoreRun : IAsyncDisposable
{
    private const int MaxCalls = 12;

    /// <summary>So few that the store never takes the fault for the database's.</summary>
    private const int MaxPoison = 9;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly FakeDatabase _database;
    private readonly ManualTime _time = new();
    private readonly GroupCommitMailboxStore _store;
    private readonly StoreHistory _history;
    private readonly Queue<FakeDatabase.Held> _reads = [];
    private readonly Dictionary<FakeDatabase.Held, StoreCallRecord> _readers = [];
    private readonly HashSet<object> _poison = [];
    private FakeDatabase.Held? _commit;
    private long _lastSeq;

    public StoreRun(ActorSystem system)
    {
        _database = new FakeDatabase { HoldsCommits = true, HoldsReads = true, Failure = FindPoison };
        _store = new GroupCommitMailboxStore(_database, system, new GroupCommitOptions { Timeout = Timeout, MaxCalls = MaxCalls }, _time);
        _history = new StoreHistory(_database);
    }

    private List<StoreCallRecord> Calls => _history.Calls;

    private TimeSpan Now => TimeSpan.FromTicks(_time.GetTimestamp());

    public async Task HoldsAsync(StoreStep[] steps)
    {
        // Off the test framework's context: what waits for a read is then done when the test has let it go on.
        await Task.Run(async () =>
        {
            foreach (var step in steps) await TakeAsync(step);
            await CloseAsync();
            _history.Check();
        });
    }

    public ValueTask DisposeAsync()
    {
        _database.LetAllGoOn();                                     // also after a failure
        return ValueTask.CompletedTask;
    }

    private static PeerId Peer(char id) => PeerId.TryParse(id.ToString(), out var peer) ? peer : throw new ArgumentException($"{id}");

    private async Task TakeAsync(StoreStep step)
    {
        var peer = Peer(step.Mailbox);
        switch (step.Act)
        {
            case StoreAct.Append: Append(peer, step.Size, isPoisoned: false); return;
            case StoreAct.AppendPoison: Append(peer, step.Size, isPoisoned: _poison.Count < MaxPoison); return;
            case StoreAct.Remove: Remove(peer, step.Size); return;
            case StoreAct.Open: Add($"open {peer}", peer, _store.OpenAsync(peer).AsTask()); return;
            case StoreAct.Number: Add($"number {peer}", peer, _store.NextGenerationAsync(new MailboxOwner(peer, 1)).AsTask()); return;
        }
        await SettleAsync();
        switch (step.Act)
        {
            case StoreAct.Commit: EndCommit(failure: null); break;
            case StoreAct.FailCommit: EndCommit(new MailboxStoreException("disk full")); break;
            case StoreAct.Read: EndRead(failure: null); break;
            case StoreAct.FailRead: EndRead(new InvalidDataException("damaged mailbox")); break;
            case StoreAct.Wait: Wait(TimeSpan.FromSeconds(2 * step.Size)); break;
        }
    }

    private void Append(PeerId peer, int count, bool isPoisoned)
    {
        StoredMessage[] messages = [.. Enumerable.Range(0, count).Select(_ => new StoredMessage(++_lastSeq, peer, default, DateTimeOffset.UnixEpoch, "{}"u8.ToArray()))];
        if (isPoisoned) _poison.Add(messages);
        var name = $"append {(isPoisoned ? "poison " : "")}{peer} [{string.Join(' ', messages.Select(message => message.Seq))}]";
        Add(name, peer, _store.AppendAsync(new MailboxOwner(peer, 1), messages).AsTask(), messages, isPoisoned);
    }

    /// <summary>Removes some of what was added last, whether or not it is there yet.</summary>
    private void Remove(PeerId peer, int count)
    {
        long[] seqs = [.. Calls.Where(call => call.Peer == peer).Select(call => call.Content).OfType<StoredMessage[]>().SelectMany(messages => messages).TakeLast(count).Select(message => message.Seq)];
        if (seqs.Length > 0) Add($"remove {peer} [{string.Join(' ', seqs)}]", peer, _store.RemoveAsync(new MailboxOwner(peer, 1), seqs).AsTask(), seqs);
    }

    private void Add(string name, PeerId peer, Task answer, object? content = null, bool isPoisoned = false)
    {
        var before = Calls.Where(call => call.Peer == peer).Max(call => call.Generation) ?? 0;
        var isRefused = answer.IsFaulted && answer.Exception!.InnerException is MailboxStoreBusyException;
        if (isRefused) _history.Require(Calls.Count(call => call.IsLive || call.IsLate) >= MaxCalls, $"'{name}' was refused although there was room");
        Calls.Add(new StoreCallRecord($"#{Calls.Count + 1} {name}", peer, answer) { Content = content, IsPoisoned = isPoisoned, IsRefused = isRefused, CalledAt = Now, HighestBefore = before });
    }

    private void EndCommit(Exception? failure)
    {
        var commit = _commit;
        if (commit is null) return;
        _commit = null;
        if (failure is null) commit.GoOn();
        else commit.Fail(failure);
    }

    private void EndRead(Exception? failure)
    {
        if (!_reads.TryDequeue(out var read)) return;
        var reader = _readers[read];
        if (failure is null) read.GoOn();
        else
        {
            reader.ReadFailure = failure;
            read.Fail(failure);
        }
        _history.Require(!reader.IsLive, $"{reader}, although it has been read");
    }

    /// <summary>Exactly those whose time is over give up.</summary>
    private void Wait(TimeSpan time)
    {
        var live = Calls.FindAll(call => call.IsLive);
        var started = _database.Commits.SelectMany(commit => commit.Writes).Select(StoreCallRecord.ContentOf).ToHashSet();
        _time.Advance(time);
        foreach (var call in live)
        {
            call.IsLate = Now - call.CalledAt >= Timeout;
            call.IsNeverToHappen = call.IsLate && call.Content is not null && !started.Contains(call.Content);
            _history.Require(call.HasTimedOut == call.IsLate, $"{call}, called {Now - call.CalledAt} ago");
        }
    }

    /// <summary>Waits until the store has done all that it can do while the test holds what it holds.</summary>
    private async Task SettleAsync()
    {
        while (!IsSettled())
        {
            var awaited = Task.WhenAny([_database.AnyHeldAsync(), .. Calls.FindAll(call => call.IsLive).Select(call => call.Answer)]);
            try
            {
                await awaited.Soon().ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // never within the store's own call
            }
            catch (TimeoutException)
            {
                _history.Require(false, "the store does nothing although it could");
            }
        }
    }

    /// <summary>A commit that is held holds all writes; else only those wait that are behind a read which is held, or are that read.</summary>
    private bool IsSettled()
    {
        if (_commit is null && _database.TryTakeCommit(out var commit)) _commit = commit;
        while (_database.TryTakeRead(out var read))
        {
            _reads.Enqueue(read!);
            var reader = Calls.Find(call => call.IsOpening && call.IsLive && call.Peer == read!.Peer);
            _history.Require(reader is not null, string.Create(CultureInfo.InvariantCulture, $"mailbox {read!.Peer} is read for nobody"));
            _readers.Add(read, reader!);
        }
        return _commit is not null || Calls.TrueForAll(call => !call.IsLive || _reads.Any(read => read.Peer == call.Peer));
    }

    /// <summary>Closes while calls are under way. Then everything goes on, and nothing is left.</summary>
    private async Task CloseAsync()
    {
        await SettleAsync();
        var isBusy = Calls.Exists(call => call.IsLive);
        var closed = _store.DisposeAsync().AsTask();
        _history.Require(!isBusy || !closed.IsCompleted, "the store has closed before it had answered all");
        _history.Require(_store.AppendAsync(new MailboxOwner(Peer('a'), 1), [new StoredMessage(0, Peer('a'), default, default, default)]).AsTask().IsFaulted, "a closed store takes a call");
        await SettleAsync();
        while (_commit is not null || _reads.Count > 0)
        {
            EndCommit(failure: null);
            EndRead(failure: null);
            await SettleAsync();
        }
        await _history.RequireSoonAsync(closed, "the store does not close");
        await _history.RequireSoonAsync(_time.IdleAsync(), "a timer is left");
    }

    private InvalidDataException? FindPoison(IReadOnlyList<MailboxWrite> writes) =>
        writes.Any(write => _poison.Contains(StoreCallRecord.ContentOf(write))) ? new InvalidDataException("poison") : null;
}
