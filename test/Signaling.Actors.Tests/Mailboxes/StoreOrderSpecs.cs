using Signaling.Actors.Mailboxes;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Mailboxes;

/// <summary>A mailbox is read between the writes before the opening and those after it; each opening gets a higher generation.</summary>
public sealed class StoreOrderSpecs : FakeDatabaseSpecs
{
    [Fact]
    public async Task A_mailbox_without_pending_writes_is_read_at_once_whatever_others_wait_for()
    {
        var database = new FakeDatabase { HoldsCommits = true };
        var store = Start(database);
        var write = Append(store, Bob, 1);
        var commit = await database.NextCommitAsync();

        var opened = await store.OpenAsync(Alice).Soon();
        var own = store.OpenAsync(Bob).AsTask();
        var isOpen = own.IsCompleted;
        commit.GoOn();

        Assert.Empty(opened.Messages);
        Assert.False(isOpen);
        Assert.Equal([1], (await own.Soon()).Messages.Select(message => message.Seq));
        await write.Soon();
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
        await Append(store, Alice, 1).Soon();                       // others do not wait
        read.GoOn();
        (await database.NextReadAsync()).GoOn();

        Assert.Empty((await opening.Soon()).Messages);
        Assert.Equal([1], (await again.Soon()).Messages.Select(message => message.Seq));
        await write.Soon();
    }

    [Fact]
    public async Task A_read_that_fails_fails_its_caller_and_what_waits_behind_it_goes_on()
    {
        var database = new FakeDatabase { HoldsReads = true };
        var store = Start(database);
        var opening = store.OpenAsync(Bob).AsTask();
        var write = Append(store, Bob, 1);

        (await database.NextReadAsync()).Fail(new InvalidDataException("a damaged page"));

        await Assert.ThrowsAsync<InvalidDataException>(() => opening.Soon());
        await write.Soon();
        Assert.Equal(1, store.Totals.Messages);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Any_number_of_openings_may_wait_in_one_mailbox(bool areGivenUp)
    {
        var database = new FakeDatabase { HoldsCommits = true };
        var store = Start(database);
        var write = Append(store, Bob, 1);
        var commit = await database.NextCommitAsync();
        var openings = Enumerable.Range(1, 19_000).Select(_ => store.OpenAsync(Bob).AsTask()).ToArray();

        if (areGivenUp) Time.Advance(StoreTimeout);
        commit.GoOn();
        var behind = store.RemoveAsync(Own(Bob), [1]).AsTask();
        await database.CommitUntilAsync(Task.WhenAll([behind, .. openings]));

        Assert.All(openings, opening => Assert.Equal(areGivenUp, opening.IsFaulted));
        Assert.Equal(areGivenUp, write.IsFaulted);
        Assert.True(behind.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Generations_are_reserved_many_at_a_time_in_the_order_of_the_calls()
    {
        var reserved = new TaskCompletionSource();
        var database = new FakeDatabase { ReservationCondition = reserved.Task };
        var generations = new Generations(database.ReserveAsync);
        var asked = Enumerable.Range(0, (2 * Generations.Reserve) + 1).Select(_ => generations.NextAsync().AsTask()).ToArray();

        reserved.SetResult();
        var numbers = await Task.WhenAll(asked).Soon();
        var next = await generations.NextAsync().Soon();

        Assert.Equal(Enumerable.Range(1, asked.Length).Select(number => (long)number), numbers);
        Assert.Equal(asked.Length + 1, next);
        Assert.Equal(3, database.Reservations);
    }

    [Fact]
    public async Task A_reservation_that_fails_fails_who_waits_and_is_tried_again_by_the_next_call()
    {
        var reserved = new TaskCompletionSource();
        var database = new FakeDatabase { ReservationCondition = reserved.Task };
        var store = Start(database);
        Task[] waiting = [store.OpenAsync(Bob).AsTask(), store.OpenAsync(Alice).AsTask(), store.NextGenerationAsync(Own(Bob)).AsTask()];

        reserved.SetException(new MailboxStoreException("disk full"));
        foreach (var call in waiting) Assert.Equal("disk full", (await Assert.ThrowsAsync<MailboxStoreException>(() => call.Soon())).Message);
        database.ReservationCondition = Task.CompletedTask;
        var opened = await store.OpenAsync(Bob).Soon();

        Assert.Equal(1, opened.Generation);
    }

    [Fact]
    public async Task Generations_end_before_2_to_the_41()
    {
        var database = new FakeDatabase { FirstGeneration = (1L << 41) - Generations.Reserve };
        var store = Start(database);
        var last = await Task.WhenAll(Enumerable.Range(0, Generations.Reserve).Select(_ => store.NextGenerationAsync(Own(Bob)).AsTask())).Soon();

        var refused = store.NextGenerationAsync(Own(Bob)).Soon();

        Assert.Equal((1L << 41) - 1, last[^1]);
        await Assert.ThrowsAsync<InvalidOperationException>(() => refused);
    }
}
