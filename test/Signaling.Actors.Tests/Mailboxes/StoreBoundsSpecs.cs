using Signaling.Actors.Mailboxes;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Mailboxes;

/// <summary>Nobody waits for ever: a caller gives up in time, and what does not fit is refused.</summary>
public sealed class StoreBoundsSpecs : FakeDatabaseSpecs
{
    [Fact]
    public async Task A_caller_gives_up_after_the_time_out_and_what_had_not_started_never_happens()
    {
        var database = new FakeDatabase { HoldsCommits = true };
        var store = Start(database);
        var stalled = Append(store, Bob, 1);
        var commit = await database.NextCommitAsync();
        var behind = Append(store, Bob, 2);
        var opening = store.OpenAsync(Bob).AsTask();

        Time.Advance(StoreTimeout);
        foreach (var call in new[] { stalled, behind, opening }) await AssertTimedOutAsync(call);
        var late = Append(store, Bob, 3);
        commit.GoOn();
        commit = await database.NextCommitAsync();
        commit.GoOn();
        await late.Soon();

        Assert.Equal([3], Assert.IsType<AppendMessages>(Assert.Single(commit.Writes)).Messages.Select(message => message.Seq));
        Assert.Equal([1, 3], await SeqsAsync(store, Bob));          // the first was under way: it may happen although its caller gave up
    }

    [Fact]
    public async Task Each_caller_waits_from_its_own_call_on()
    {
        var database = new FakeDatabase { HoldsCommits = true };
        var store = Start(database);
        var first = Append(store, Bob, 1);
        await database.NextCommitAsync();
        Time.Advance(StoreTimeout / 2);
        var second = Append(store, Alice, 1);

        Time.Advance((StoreTimeout / 2) - TimeSpan.FromMilliseconds(1));
        var isEarly = first.IsCompleted;
        Time.Advance(TimeSpan.FromMilliseconds(1));
        await AssertTimedOutAsync(first);
        var isSecondEarly = second.IsCompleted;
        Time.Advance(StoreTimeout / 2);

        Assert.False(isEarly);
        Assert.False(isSecondEarly);
        await AssertTimedOutAsync(second);
    }

    [Fact]
    public async Task A_reading_whose_caller_gave_up_lets_those_behind_it_go_on()
    {
        var database = new FakeDatabase { HoldsReads = true };
        var store = Start(database);
        var opening = store.OpenAsync(Bob).AsTask();
        var read = await database.NextReadAsync();
        Time.Advance(StoreTimeout);
        var write = Append(store, Bob, 1);

        read.GoOn();

        await AssertTimedOutAsync(opening);
        await write.Soon();
    }

    [Fact]
    public async Task A_generation_that_does_not_come_is_given_up_in_time()
    {
        var reserved = new TaskCompletionSource();
        var store = Start(new FakeDatabase { ReservationCondition = reserved.Task });
        var opening = store.OpenAsync(Bob).AsTask();
        var number = store.NextGenerationAsync(Own(Bob)).AsTask();

        Time.Advance(StoreTimeout);

        await AssertTimedOutAsync(opening);
        await AssertTimedOutAsync(number);
        reserved.SetResult();
        Assert.Equal(3, (await store.OpenAsync(Bob).Soon()).Generation);
    }

    [Fact]
    public async Task One_timer_serves_all_calls_and_goes_when_nobody_waits()
    {
        var database = new FakeDatabase { HoldsCommits = true };
        var store = Start(database);
        var early = Enumerable.Range(1, 50).Select(seq => Append(store, Bob, seq)).ToArray();
        Time.Advance(StoreTimeout / 2);
        Task[] writes = [.. early, .. Enumerable.Range(51, 50).Select(seq => Append(store, Bob, seq))];

        var timers = Time.Timers;
        await database.CommitUntilAsync(Task.WhenAll(writes));
        Time.Advance(StoreTimeout / 2);                             // it goes once for the first call, and finds that nobody waits

        Assert.Equal(1, timers);
        Assert.Equal(0, Time.Timers);
        Assert.All(writes, write => Assert.True(write.IsCompletedSuccessfully));
    }

    [Fact]
    public async Task What_does_not_fit_is_refused_at_once_but_what_makes_room_is_let_in()
    {
        var database = new FakeDatabase { HoldsCommits = true };
        var store = Start(database, new GroupCommitOptions { Timeout = StoreTimeout, MaxCalls = 3 });
        var taken = new List<Task> { Append(store, Bob, 1) };
        var commit = await database.NextCommitAsync();
        taken.AddRange([Append(store, Bob, 2), Append(store, Alice, 1)]);

        var refused = Append(store, Bob, 3);
        taken.AddRange([store.RemoveAsync(Own(Bob), [1]).AsTask(), store.RemoveAsync(Own(Bob), [2]).AsTask(), store.OpenAsync(Alice).AsTask()]);
        var removal = store.RemoveAsync(Own(Alice), [8]).AsTask();

        await Assert.ThrowsAsync<MailboxStoreBusyException>(() => refused.Soon());
        await Assert.ThrowsAsync<MailboxStoreBusyException>(() => removal.Soon());
        commit.GoOn();
        await database.CommitUntilAsync(Task.WhenAll(taken));
        Assert.All(taken, call => Assert.True(call.IsCompletedSuccessfully));
        Assert.Equal(1, store.Totals.Messages);
    }

    [Fact]
    public async Task Bytes_are_bounded_but_one_message_alone_always_fits()
    {
        var database = new FakeDatabase { HoldsCommits = true };
        var store = Start(database, new GroupCommitOptions { Timeout = StoreTimeout, MaxBytes = 3 });
        var taken = Append(store, Bob, 1);                          // has 7 bytes
        var commit = await database.NextCommitAsync();

        var refused = Append(store, Alice, 1);
        commit.GoOn();
        await taken.Soon();
        var next = Append(store, Alice, 1);
        await database.CommitUntilAsync(next);

        await Assert.ThrowsAsync<MailboxStoreBusyException>(() => refused.Soon());
        Assert.True(next.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Bytes_that_are_written_make_room()
    {
        var database = new FakeDatabase { HoldsCommits = true };
        var store = Start(database, new GroupCommitOptions { Timeout = StoreTimeout, MaxBytes = 14 });
        Task[] taken = [Append(store, Bob, 1), Append(store, Bob, 2)];

        var refused = Append(store, Bob, 3);
        await database.CommitUntilAsync(Task.WhenAll(taken));
        Task[] next = [Append(store, Bob, 4), Append(store, Bob, 5)];
        await database.CommitUntilAsync(Task.WhenAll(next));

        await Assert.ThrowsAsync<MailboxStoreBusyException>(() => refused.Soon());
        Assert.Equal(4, store.Totals.Messages);
    }
}
