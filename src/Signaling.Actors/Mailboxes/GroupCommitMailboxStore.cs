using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Akka;
using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Mailboxes;

/// <summary>Keeps messages in a database, many writes with one commit: what arrives while a commit runs is the next group. A write that comes alone is
/// committed at once.</summary>
/// <remarks>The groups are made by a stream in the actor system, which therefore flushes this store before it ends. Safe for parallel use.</remarks>
public sealed class GroupCommitMailboxStore : IMailboxStore, IAsyncDisposable
{
    /// <summary>A message counts one and one more for each 8 KiB, so a group has at most 2,000 messages or about 16 MiB.</summary>
    private const int MaxGroupCost = 2_000;
    private const long BytesPerCost = 8_192;

    /// <summary>After so many failures in a row the fault is the database's, not a write's.</summary>
    private const int MaxFailuresInARow = 10;

    /// <summary>A removal looks at so many messages, then leaves the disk to others for a while: without, their p99 is seven times as long (<c>bench/store</c>).</summary>
    private const int LookedAtPerStep = 100;
    private static readonly TimeSpan RestBetweenSteps = TimeSpan.FromMilliseconds(10);

    private readonly IMailboxDatabase _database;
    private readonly GroupCommitOptions _options;
    private readonly TimeProvider _time;
    private readonly Channel<WriteCall> _writes = Channel.CreateUnbounded<WriteCall>(new UnboundedChannelOptions { SingleReader = true }); // bounded by _calls
    private readonly StoreCalls _calls;
    private readonly Task _stream;
    private readonly Lazy<Task> _closed;

    /// <summary>Starts the stream.</summary>
    /// <param name="database">Stays its owner's, who closes it after this store.</param>
    /// <param name="system">Where the stream runs; ends after this store is flushed.</param>
    /// <param name="options">Bounds.</param>
    /// <param name="time">The clock of the time-outs.</param>
    public GroupCommitMailboxStore(IMailboxDatabase database, ActorSystem system, GroupCommitOptions options, TimeProvider time)
    {
        (_database, _options, _time) = (database, options, time);
        _closed = new Lazy<Task>(CloseAsync);
        _calls = new StoreCalls(options, time, write => _writes.Writer.TryWrite(write), opening => _ = OpenAsync(opening));
        var stream = ChannelSource.FromReader(_writes.Reader)
            .BatchWeighted(MaxGroupCost, Cost, first => new List<WriteCall> { first }, (group, call) =>
            {
                group.Add(call);
                return group;
            })
            .SelectAsync(1, CommitAsync)
            .RunWith(Sink.Ignore<Done>(), system.Materializer());
        _stream = Task.WhenAny(stream, system.WhenTerminated);      // a stream that ends with its actor system does not say so
        _ = _stream.ContinueWith(_ => _calls.CloseAsync(), TaskScheduler.Default);
        CoordinatedShutdown.Get(system).AddTask(CoordinatedShutdown.PhaseBeforeActorSystemTerminate, "flush-mailbox-store", async () =>
        {
            await DisposeAsync();
            return Done.Instance;
        });
    }

    /// <inheritdoc/>
    public MailboxTotals Totals => _database.Totals;

    /// <inheritdoc/>
    public async ValueTask<OpenedMailbox> OpenAsync(PeerId peer)
    {
        var opening = new OpenCall(peer);
        _calls.Add(opening);
        return await opening.Answer;
    }

    /// <inheritdoc/>
    public async ValueTask<long> NextGenerationAsync(MailboxOwner owner) => await InTime(_database.NextGenerationAsync(owner));

    /// <inheritdoc/>
    public ValueTask AppendAsync(MailboxOwner owner, IReadOnlyList<StoredMessage> messages) => WriteAsync(new AppendMessages(owner, messages));

    /// <inheritdoc/>
    public ValueTask RemoveAsync(MailboxOwner owner, IReadOnlyList<long> seqs) => WriteAsync(new RemoveMessages(owner, seqs));

    /// <inheritdoc/>
    public void Close(MailboxOwner owner) => _database.Close(owner);

    /// <inheritdoc/>
    public async ValueTask<int> RemoveAcceptedUpToAsync(DateTimeOffset time)
    {
        var removed = 0;
        while (true)
        {
            var step = await _database.RemoveAcceptedUpToAsync(time, LookedAtPerStep);
            removed += step.Removed;
            if (step.IsDone) return removed;
            if (!step.IsBehind) await Task.Delay(RestBetweenSteps, _time);
        }
    }

    /// <summary>Takes no more calls and waits until those that were taken are answered, at most for the time-out. The database stays open.</summary>
    public ValueTask DisposeAsync() => new(_closed.Value);

    private static long Cost(WriteCall call) => call.Write.Count + (call.Bytes / BytesPerCost);

    private async Task CloseAsync()
    {
        try
        {
            await _calls.CloseAsync().WaitAsync(_options.Timeout, _time);
            _writes.Writer.TryComplete();
            await _stream;
        }
        catch (TimeoutException)
        {
            _writes.Writer.TryComplete();                           // who still waits has been told by now, or is told by the time-out
        }
    }

    private ValueTask WriteAsync(MailboxWrite write)
    {
        if (write.Count == 0) return ValueTask.CompletedTask;
        var call = new WriteCall(write);
        try
        {
            _calls.Add(call);
        }
        catch (MailboxStoreException refusal)
        {
            return ValueTask.FromException(refusal);
        }
        return new ValueTask(call.Answer);
    }

    private async Task<T> InTime<T>(Task<T> answer)
    {
        try
        {
            return await answer.WaitAsync(_options.Timeout, _time);
        }
        catch (TimeoutException)
        {
            throw StoreCalls.TooLate(_options);
        }
    }

    private async Task OpenAsync(OpenCall call)
    {
        // The read behind this one starts within Done, so thousands whose callers gave up would end one within the other.
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack()) await Task.Yield();
        try
        {
            if (call.TryStart()) call.Succeed(await _database.OpenAsync(call.Peer));
        }
        catch (Exception cause)
        {
            call.Fail(cause);
        }
        _calls.Done(call);
    }

    /// <summary>Commits a group and answers its callers. Never fails: the stream would end.</summary>
    private async Task<Done> CommitAsync(List<WriteCall> group)
    {
        var wanted = group.FindAll(call => call.TryStart());
        if (wanted.Count < group.Count) group.Except(wanted).ToList().ForEach(_calls.Done);
        if (wanted.Count == 0 || await TryCommitAsync(wanted) is not { } cause) return Done.Instance;
        if (wanted.Count > 1 && cause is not MailboxStoreException) await CommitOneByOneAsync(wanted);
        else wanted.ForEach(call => Fail(call, cause));
        return Done.Instance;
    }

    /// <summary>One write may be at fault, such as one whose mailbox is on a damaged page: only its caller is to hear of it.</summary>
    private async Task CommitOneByOneAsync(List<WriteCall> group)
    {
        var failures = 0;
        Exception? last = null;
        foreach (var call in group)
        {
            if (failures < MaxFailuresInARow)
            {
                last = await TryCommitAsync([call]);
                failures = last switch { null => 0, MailboxStoreException => MaxFailuresInARow, _ => failures + 1 };
            }
            if (last is not null) Fail(call, last);
        }
    }

    /// <returns>Null where the writes are kept, but those of a fenced owner; then their callers have been told.</returns>
    private async Task<Exception?> TryCommitAsync(List<WriteCall> calls)
    {
        IReadOnlySet<MailboxOwner> fenced;
        try
        {
            fenced = await _database.CommitAsync(calls.ConvertAll(call => call.Write));
        }
        catch (Exception cause)
        {
            return cause;
        }
        foreach (var call in calls)
        {
            _calls.Done(call);
            if (fenced.Contains(call.Write.Owner)) call.Fail(new MailboxFencedException());
            else call.Succeed(Done.Instance);
        }
        return null;
    }

    private void Fail(WriteCall call, Exception cause)
    {
        _calls.Done(call);
        call.Fail(cause);
    }
}
