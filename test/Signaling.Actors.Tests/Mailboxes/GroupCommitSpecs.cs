using Signaling.Actors.Mailboxes;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Mailboxes;

/// <summary>Many writes share a commit; each caller hears what became of its own.</summary>
public sealed class GroupCommitSpecs : FakeDatabaseSpecs
{
    [Fact]
    public async Task What_arrives_while_a_commit_runs_shares_the_next_ones()
    {
        var database = new FakeDatabase { HoldsCommits = true };
        var store = Start(database);
        var first = Append(store, Bob, 1);
        var commit = await database.NextCommitAsync();

        var others = Enumerable.Range(2, 200).Select(seq => Append(store, seq % 2 == 0 ? Alice : Bob, seq)).ToArray();
        commit.GoOn();
        await first.Soon();
        var next = await database.NextCommitAsync();
        var isAnyDone = others.Any(write => write.IsCompleted);
        next.GoOn();
        await database.CommitUntilAsync(Task.WhenAll(others));

        Assert.False(isAnyDone);
        Assert.All(others, write => Assert.True(write.IsCompletedSuccessfully));
        Assert.InRange(database.Commits.Count, 2, 50);
        Assert.Equal(201, store.Totals.Messages);
    }

    [Fact]
    public async Task A_write_that_comes_alone_is_committed_at_once()
    {
        var database = new FakeDatabase();
        var store = Start(database);

        await Append(store, Bob, 1).Soon();                         // the clock stands still

        Assert.Single(database.Commits);
    }

    [Fact]
    public async Task A_group_has_at_most_2000_messages()
    {
        var database = new FakeDatabase { HoldsCommits = true };
        var store = Start(database);
        var writes = new List<Task> { Append(store, Bob, 1) };
        var commit = await database.NextCommitAsync();

        for (var call = 1; call <= 100; call++) writes.Add(store.AppendAsync(Own(Bob), Messages(100 * call, 100)).AsTask());
        commit.GoOn();
        await database.CommitUntilAsync(Task.WhenAll(writes));

        Assert.InRange(database.Commits.Max(group => group.Messages), 101, 2_000);
        Assert.InRange(database.Commits.Count, 6, 25);
        Assert.Equal(10_001, store.Totals.Messages);
    }

    [Fact]
    public async Task A_write_larger_than_a_group_is_committed_alone()
    {
        var database = new FakeDatabase { HoldsCommits = true };
        var store = Start(database);
        var first = Append(store, Bob, 1);
        var commit = await database.NextCommitAsync();

        var large = store.AppendAsync(Own(Bob), Messages(2, 2_500)).AsTask();
        var last = Append(store, Bob, 3_000);
        commit.GoOn();
        await database.CommitUntilAsync(Task.WhenAll(first, large, last));

        Assert.Equal([1, 2_500, 1], database.Commits.Select(group => group.Messages));
        Assert.Equal(2_502, store.Totals.Messages);
    }

    [Fact]
    public async Task Large_messages_make_smaller_groups()
    {
        var database = new FakeDatabase { HoldsCommits = true };
        var store = Start(database);
        var writes = new List<Task> { Append(store, Bob, 1) };
        var commit = await database.NextCommitAsync();

        var json = new byte[1_000_000];                             // shared, counts 123
        for (var seq = 2; seq <= 61; seq++) writes.Add(store.AppendAsync(Own(Bob), [Message(seq) with { Json = json }]).AsTask());
        commit.GoOn();
        await database.CommitUntilAsync(Task.WhenAll(writes));

        Assert.InRange(database.Commits.Max(group => group.Messages), 2, 16);
        Assert.InRange(database.Commits.Count, 5, 15);
    }

    [Fact]
    public async Task Writes_of_a_mailbox_are_committed_in_the_order_of_the_calls()
    {
        var database = new FakeDatabase { HoldsCommits = true };
        var store = Start(database);
        var writes = new List<Task>();
        for (var seq = 1; seq <= 300; seq++) writes.AddRange([Append(store, Bob, seq), Append(store, Alice, seq)]);

        await database.CommitUntilAsync(Task.WhenAll(writes));

        Assert.Equal(Enumerable.Range(1, 300).Select(seq => (long)seq), await SeqsAsync(store, Bob));
        Assert.Equal(Enumerable.Range(1, 300).Select(seq => (long)seq), await SeqsAsync(store, Alice));
    }

    [Fact]
    public async Task A_write_of_nothing_is_done_without_a_commit()
    {
        var database = new FakeDatabase();
        var store = Start(database);

        await store.AppendAsync(Own(Bob), []).AsTask().Soon();
        await store.RemoveAsync(Own(Bob), []).AsTask().Soon();

        Assert.Empty(database.Commits);
    }

    [Fact]
    public async Task A_commit_that_fails_fails_its_callers_and_the_next_one_succeeds()
    {
        var database = new FakeDatabase { HoldsCommits = true };
        var store = Start(database);
        var first = Append(store, Bob, 1);
        var commit = await database.NextCommitAsync();
        var second = Append(store, Alice, 1);
        commit.GoOn();
        commit = await database.NextCommitAsync();
        var third = Append(store, Bob, 2);

        commit.Fail(new MailboxStoreException("disk full"));
        await database.CommitUntilAsync(Task.WhenAll(first, third));

        Assert.Equal("disk full", (await Assert.ThrowsAsync<MailboxStoreException>(() => second.Soon())).Message);
        Assert.Equal([1, 1, 1], database.Commits.Select(group => group.Messages));
        Assert.Equal(2, store.Totals.Messages);
    }

    [Fact]
    public async Task Writes_at_fault_fail_alone()
    {
        var database = new FakeDatabase { HoldsCommits = true };
        var store = Start(database);
        var first = Append(store, Bob, 1);
        var commit = await database.NextCommitAsync();
        var writes = Enumerable.Range(2, 200).Select(seq => Append(store, seq % 3 == 0 ? Alice : Bob, seq)).ToArray();
        database.Failure = group => group.Any(write => write.Peer == Alice) ? new InvalidDataException("a damaged page") : null;

        commit.GoOn();
        await database.CommitUntilAsync(Task.WhenAll([first, .. writes]));

        Assert.Equal(67, writes.Count(write => write.Exception?.InnerException is InvalidDataException));
        var others = Enumerable.Range(1, 201).Where(seq => seq % 3 != 0).Select(seq => (long)seq);
        Assert.Equal(others, await SeqsAsync(store, Bob));
        Assert.Empty(await SeqsAsync(store, Alice));
    }

    [Fact]
    public async Task Writes_of_a_fenced_owner_fail_alone_and_the_group_is_tried_once()
    {
        var database = new FakeDatabase { HoldsCommits = true };
        var store = Start(database);
        var first = Append(store, Bob, 1);
        var commit = await database.NextCommitAsync();
        var writes = Enumerable.Range(2, 200).Select(seq => Append(store, seq % 3 == 0 ? Alice : Bob, seq)).ToArray();
        var removal = store.RemoveAsync(Own(Alice), [3]).AsTask();
        database.Fenced.Add(Own(Alice));

        commit.GoOn();
        await database.CommitUntilAsync(Task.WhenAll([first, removal, .. writes]));

        Assert.Equal(67, writes.Count(write => write.Exception?.InnerException is MailboxFencedException));
        Assert.IsType<MailboxFencedException>(removal.Exception?.InnerException);
        Assert.Equal(201 - 67, store.Totals.Messages);
        Assert.Equal(202, database.Commits.Sum(group => group.Messages));
    }

    [Fact]
    public async Task A_database_that_stops_while_writes_are_tried_alone_is_not_tried_for_the_others()
    {
        var database = new FakeDatabase { HoldsCommits = true };
        var store = Start(database);
        var first = Append(store, Bob, 1);
        var commit = await database.NextCommitAsync();
        var others = Enumerable.Range(2, 100).Select(seq => Append(store, Bob, seq)).ToArray();
        database.Failure = writes => writes.Count > 1 ? new InvalidDataException("a damaged page") : new MailboxStoreException("disk full");

        commit.GoOn();
        await database.CommitUntilAsync(Task.WhenAll([first, .. others]));

        Assert.All(others, write => Assert.Equal("disk full", write.Exception?.InnerException?.Message));
        var alone = database.Commits.Where(group => group.Writes.Count == 1).SelectMany(group => group.Writes);
        Assert.DoesNotContain(alone, database.Commits.SelectMany(group => group.Writes.Skip(1)).Contains);
    }

    [Theory]
    [InlineData(typeof(MailboxStoreException))]                     // says itself that it is no write's fault
    [InlineData(typeof(InvalidDataException))]
    public async Task A_database_that_fails_everything_is_not_tried_for_each_write(Type failure)
    {
        var database = new FakeDatabase { HoldsCommits = true };
        var store = Start(database);
        var first = Append(store, Bob, 1);
        var commit = await database.NextCommitAsync();
        var others = Enumerable.Range(2, 1_000).Select(seq => Append(store, Bob, seq)).ToArray();
        database.Failure = _ => (Exception)Activator.CreateInstance(failure, "damaged")!;

        commit.GoOn();
        var all = Task.WhenAll([first, .. others]);
        await database.CommitUntilAsync(all);

        Assert.Equal(1_001, all.Exception!.InnerExceptions.Count(cause => cause.GetType() == failure));
        Assert.InRange(database.Commits.Count, 2, 250);
        Assert.Equal(0, store.Totals.Messages);
    }

    [Fact]
    public async Task What_is_old_is_removed_a_hundred_at_a_time()
    {
        var database = new FakeDatabase { IsBehind = true };
        var store = Start(database);
        await store.AppendAsync(Own(Bob), Messages(1, 250)).AsTask().Soon();
        await store.AppendAsync(Own(Bob), [Message(300) with { AcceptedAt = DateTimeOffset.UnixEpoch.AddSeconds(1) }]).AsTask().Soon();

        var removed = await store.RemoveAcceptedUpToAsync(DateTimeOffset.UnixEpoch).Soon();

        Assert.Equal(250, removed);
        Assert.Equal([100, 100, 100], database.RemovalSteps);
        Assert.Equal([300], await SeqsAsync(store, Bob));
    }

    [Fact]
    public async Task Between_the_steps_of_a_removal_others_have_the_disk()
    {
        var database = new FakeDatabase();
        var store = Start(database);
        await store.AppendAsync(Own(Bob), Messages(1, 250)).AsTask().Soon();
        var timers = Time.Timers;

        var removal = store.RemoveAcceptedUpToAsync(DateTimeOffset.UnixEpoch).AsTask();
        for (var steps = 1; steps <= 2; steps++)
        {
            Assert.True(SpinWait.SpinUntil(() => Time.Timers > timers, TimeSpan.FromSeconds(30)));
            Time.Advance(TimeSpan.FromMilliseconds(9));
            Assert.Equal(steps, database.RemovalSteps.Count);
            Time.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.Equal(250, await removal.Soon());
        Assert.Equal(3, database.RemovalSteps.Count);
    }
}
