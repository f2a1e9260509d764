using Akka.Actor;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Mailboxes;

/// <summary>Many writes share a commit; each caller hears what became of its own.</summary>
public sealed class GroupCommitSpecs : IAsyncLifetime
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);
    private static readonly PeerId Alice = Peer("alice");
    private static readonly PeerId Bob = Peer("bob");

    private readonly ActorSystem _system = ActorSystem.Create("store", "akka.loglevel = OFF, akka.stdout-loglevel = OFF");
    private readonly ManualTime _time = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _system.Terminate();

    [Fact]
    public async Task What_arrives_while_a_commit_runs_is_the_next_group()
    {
        var database = new FakeDatabase { HoldsCommits = true };
        var store = Start(database);
        var first = Append(store, Bob, 1);
        var commit = await database.NextCommitAsync();

        var others = Enumerable.Range(2, 200).Select(seq => Append(store, seq % 2 == 0 ? Alice : Bob, seq)).ToArray();
        commit.GoOn();
        await first;
        var next = await database.NextCommitAsync();
        var isAnyDone = others.Any(write => write.IsCompleted);
        next.GoOn();
        await Task.WhenAll(others);

        Assert.False(isAnyDone);
        Assert.Equal([1, 200], database.Groups);
        Assert.Equal(201, store.Totals.Messages);
    }

    [Fact]
    public async Task A_group_has_at_most_500_messages()
    {
        var database = new FakeDatabase { HoldsCommits = true };
        var store = Start(database);
        var writes = new List<Task> { Append(store, Bob, 1) };
        var commit = await database.NextCommitAsync();

        for (var seq = 2; seq <= 1_202; seq += 2) writes.Add(store.AppendAsync(Bob, [Message(seq), Message(seq + 1)]).AsTask());
        for (var i = 0; i < 4; i++)
        {
            commit.GoOn();
            if (i < 3) commit = await database.NextCommitAsync();
        }
        await Task.WhenAll(writes);

        Assert.Equal([1, 250, 250, 101], database.Groups);
    }

    [Fact]
    public async Task Large_messages_make_smaller_groups()
    {
        var database = new FakeDatabase { HoldsCommits = true };
        var store = Start(database);
        var writes = new List<Task> { Append(store, Bob, 1) };
        var commit = await database.NextCommitAsync();

        var json = new byte[1_000_000];
        for (var seq = 2; seq <= 41; seq++) writes.Add(store.AppendAsync(Bob, [new StoredMessage(seq, Alice, default, DateTimeOffset.UnixEpoch, json)]).AsTask());
        for (var i = 0; i < 4; i++)
        {
            commit.GoOn();
            if (i < 3) commit = await database.NextCommitAsync();
        }
        await Task.WhenAll(writes);

        Assert.Equal([1, 16, 16, 8], database.Groups);
    }

    [Fact]
    public async Task A_group_that_fails_fails_its_own_callers_and_the_next_one_succeeds()
    {
        var database = new FakeDatabase { HoldsCommits = true };
        var store = Start(database);
        var first = Append(store, Bob, 1);
        var commit = await database.NextCommitAsync();
        var second = new[] { Append(store, Bob, 2), Append(store, Alice, 1) };
        commit.GoOn();
        commit = await database.NextCommitAsync();
        var third = Append(store, Bob, 3);

        commit.Fail(new MailboxStoreException("disk full"));
        (await database.NextCommitAsync()).GoOn();
        await Task.WhenAll(first, third);

        foreach (var write in second) Assert.Equal("disk full", (await Assert.ThrowsAsync<MailboxStoreException>(() => write)).Message);
        Assert.Equal([1, 2, 1], database.Groups);                   // nothing is tried again: it was no write's fault
        Assert.Equal(2, store.Totals.Messages);
    }

    [Fact]
    public async Task A_write_at_fault_fails_alone()
    {
        var database = new FakeDatabase { HoldsCommits = true };
        var store = Start(database);
        var first = Append(store, Bob, 1);
        var commit = await database.NextCommitAsync();
        var (poison, before, after) = (Append(store, Alice, 1), Append(store, Bob, 2), Append(store, Bob, 3));
        database.Failure = writes => writes.Any(write => write.Peer == Alice) ? new InvalidDataException("a damaged page") : null;

        commit.GoOn();
        for (var i = 0; i < 4; i++) (await database.NextCommitAsync()).GoOn();
        await Task.WhenAll(first, before, after);

        await Assert.ThrowsAsync<InvalidDataException>(() => poison);
        Assert.Equal([1, 3, 1, 1, 1], database.Groups);
    }

    [Fact]
    public async Task A_database_that_fails_everything_is_not_tried_for_each_write()
    {
        var database = new FakeDatabase { HoldsCommits = true };
        var store = Start(database);
        var first = Append(store, Bob, 1);
        var commit = await database.NextCommitAsync();
        var others = Enumerable.Range(2, 100).Select(seq => Append(store, Bob, seq)).ToArray();
        database.Failure = _ => new InvalidDataException("damaged");

        commit.GoOn();
        for (var i = 0; i < 11; i++) (await database.NextCommitAsync()).GoOn();
        foreach (var write in others.Prepend(first)) await Assert.ThrowsAsync<InvalidDataException>(() => write);

        Assert.Equal(12, database.Groups.Count);
    }

    [Fact]
    public async Task A_caller_gives_up_after_the_time_out_and_what_had_not_started_never_happens()
    {
        var database = new FakeDatabase { HoldsCommits = true };
        var store = Start(database);
        var stalled = Append(store, Bob, 1);
        var commit = await database.NextCommitAsync();
        var behind = Append(store, Bob, 2);
        var opening = store.OpenAsync(Bob).AsTask();

        _time.Advance(Timeout);
        foreach (var call in new[] { stalled, behind, opening }) Assert.Contains("00:00:10", (await Assert.ThrowsAsync<MailboxStoreException>(() => call)).Message);
        var late = Append(store, Bob, 3);
        commit.GoOn();
        commit = await database.NextCommitAsync();
        commit.GoOn();
        await late;

        Assert.Equal([3], Assert.IsType<AppendMessages>(Assert.Single(commit.Writes)).Messages.Select(message => message.Seq));
        Assert.Equal([1, 3], await SeqsAsync(store, Bob));          // the first was under way: it may happen although its caller gave up
    }

    [Fact]
    public async Task What_does_not_fit_is_refused_at_once_but_what_makes_room_is_let_in()
    {
        var database = new FakeDatabase { HoldsCommits = true };
        var store = Start(database, new GroupCommitOptions { Timeout = Timeout, MaxCalls = 3 });
        var taken = new List<Task> { Append(store, Bob, 1) };
        var commit = await database.NextCommitAsync();
        taken.AddRange([Append(store, Bob, 2), Append(store, Alice, 1)]);

        var refused = Append(store, Bob, 3);
        taken.AddRange([store.RemoveAsync(Bob, [1]).AsTask(), store.RemoveAsync(Bob, [2]).AsTask(), store.RemoveAsync(Alice, [7]).AsTask()]);
        var removal = store.RemoveAsync(Alice, [8]).AsTask();

        await Assert.ThrowsAsync<MailboxStoreBusyException>(() => refused);
        await Assert.ThrowsAsync<MailboxStoreBusyException>(() => removal);
        commit.GoOn();
        (await database.NextCommitAsync()).GoOn();
        await Task.WhenAll(taken);
        Assert.Equal(1, store.Totals.Messages);
    }

    [Fact]
    public async Task Bytes_are_bounded_but_one_message_alone_always_fits()
    {
        var database = new FakeDatabase { HoldsCommits = true };
        var store = Start(database, new GroupCommitOptions { Timeout = Timeout, MaxBytes = 3 });
        var taken = Append(store, Bob, 1);                          // has 7 bytes
        var commit = await database.NextCommitAsync();

        var refused = Append(store, Alice, 1);
        commit.GoOn();
        await taken;
        var next = Append(store, Alice, 1);
        (await database.NextCommitAsync()).GoOn();
        await next;

        await Assert.ThrowsAsync<MailboxStoreBusyException>(() => refused);
    }

    [Fact]
    public async Task A_mailbox_without_pending_writes_is_read_at_once_whatever_others_wait_for()
    {
        var database = new FakeDatabase { HoldsCommits = true };
        var store = Start(database);
        var write = Append(store, Bob, 1);
        var commit = await database.NextCommitAsync();

        var opened = await store.OpenAsync(Alice);
        var own = store.OpenAsync(Bob).AsTask();
        var isOpen = own.IsCompleted;
        commit.GoOn();

        Assert.Empty(opened.Messages);
        Assert.False(isOpen);
        Assert.Equal([1], (await own).Messages.Select(message => message.Seq));
        await write;
    }

    [Fact]
    public async Task A_write_made_after_an_opening_is_not_seen_by_it()
    {
        var database = new FakeDatabase { HoldsReads = true };
        var store = Start(database);
        var opening = store.OpenAsync(Bob).AsTask();
        var read = await database.NextReadAsync();

        var write = Append(store, Bob, 1);
        var again = store.OpenAsync(Bob).AsTask();
        await Append(store, Alice, 1);                              // others do not wait
        read.GoOn();
        (await database.NextReadAsync()).GoOn();

        Assert.Empty((await opening).Messages);
        Assert.Equal([1], (await again).Messages.Select(message => message.Seq));
        await write;
    }

    [Fact]
    public async Task Generations_are_reserved_many_at_a_time()
    {
        var database = new FakeDatabase();
        var store = Start(database);

        var asked = Enumerable.Range(0, (2 * Generations.Reserve) + 1).Select(_ => store.NextGenerationAsync(Bob).AsTask()).ToArray();
        var generations = await Task.WhenAll(asked);

        Assert.Equal(Enumerable.Range(1, asked.Length).Select(number => (long)number), generations);
        Assert.Equal(3, database.Reservations);
    }

    [Fact]
    public async Task A_reservation_that_fails_is_tried_again_by_the_next_call()
    {
        var database = new FakeDatabase { ReservationFailure = new MailboxStoreException("disk full") };
        var store = Start(database);

        await Assert.ThrowsAsync<MailboxStoreException>(() => store.OpenAsync(Bob).AsTask());
        database.ReservationFailure = null;
        var opened = await store.OpenAsync(Bob);

        Assert.Equal(1, opened.Generation);
    }

    [Fact]
    public async Task Closing_waits_for_what_is_under_way_and_refuses_the_rest()
    {
        var database = new FakeDatabase { HoldsCommits = true };
        var store = Start(database);
        var write = Append(store, Bob, 1);
        var commit = await database.NextCommitAsync();
        var behind = Append(store, Bob, 2);

        var closed = store.DisposeAsync().AsTask();
        var refused = Append(store, Bob, 3);
        var isClosed = closed.IsCompleted;
        commit.GoOn();
        (await database.NextCommitAsync()).GoOn();
        await closed;

        Assert.False(isClosed);
        await Task.WhenAll(write, behind);
        await Assert.ThrowsAsync<MailboxStoreException>(() => refused);
    }

    [Fact]
    public async Task The_actor_system_ends_after_what_is_under_way()
    {
        var database = new FakeDatabase { HoldsCommits = true };
        var store = Start(database);
        var write = Append(store, Bob, 1);
        var commit = await database.NextCommitAsync();
        var behind = Append(store, Bob, 2);

        var ended = CoordinatedShutdown.Get(_system).Run(CoordinatedShutdown.ActorSystemTerminateReason.Instance);
        commit.GoOn();
        (await database.NextCommitAsync()).GoOn();
        await ended;

        await Task.WhenAll(write, behind);
        Assert.True(_system.WhenTerminated.IsCompleted);
    }

    [Fact]
    public async Task Closing_does_not_wait_for_ever_on_a_database_that_stalls()
    {
        var database = new FakeDatabase { HoldsCommits = true };
        var store = Start(database);
        var write = Append(store, Bob, 1);
        await database.NextCommitAsync();

        var closed = store.DisposeAsync().AsTask();
        _time.Advance(Timeout);
        await closed;

        await Assert.ThrowsAsync<MailboxStoreException>(() => write);
    }

    [Fact]
    public async Task A_call_leaves_no_timer_behind()
    {
        var store = Start(new FakeDatabase());

        await Append(store, Bob, 1);
        await store.OpenAsync(Bob);

        Assert.True(SpinWait.SpinUntil(() => _time.Timers == 0, TimeSpan.FromSeconds(30)));   // the framework's timer goes right behind the answer
    }

    private static PeerId Peer(string id) => PeerId.TryParse(id, out var peer) ? peer : throw new ArgumentException(id);

    private static StoredMessage Message(long seq) => new(seq, Alice, default, DateTimeOffset.UnixEpoch, """{"n":1}"""u8.ToArray());

    private static Task Append(GroupCommitMailboxStore store, PeerId peer, long seq) => store.AppendAsync(peer, [Message(seq)]).AsTask();

    private static async Task<IEnumerable<long>> SeqsAsync(GroupCommitMailboxStore store, PeerId peer) => (await store.OpenAsync(peer)).Messages.Select(message => message.Seq);

    private GroupCommitMailboxStore Start(FakeDatabase database, GroupCommitOptions? options = null) =>
        new(database, _system, options ?? new GroupCommitOptions { Timeout = Timeout }, _time);
}
