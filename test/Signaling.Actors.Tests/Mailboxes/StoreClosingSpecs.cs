using Akka.Actor;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Mailboxes;

/// <summary>A store that closes answers those it has taken and refuses the rest, in whatever way its actor system ends.</summary>
public sealed class StoreClosingSpecs : FakeDatabaseSpecs
{
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
        await database.CommitUntilAsync(closed);

        Assert.False(isClosed);
        Assert.True(write.IsCompletedSuccessfully);
        Assert.True(behind.IsCompletedSuccessfully);
        Assert.Contains("closed", (await Assert.ThrowsAsync<MailboxStoreException>(() => refused.Soon())).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<MailboxStoreException>(() => store.OpenAsync(Bob).Soon());
    }

    [Fact]
    public async Task Closing_does_not_wait_for_ever_on_a_database_that_stalls()
    {
        var database = new FakeDatabase { HoldsCommits = true };
        var store = Start(database);
        var write = Append(store, Bob, 1);
        await database.NextCommitAsync();

        var closed = store.DisposeAsync().AsTask();
        Time.Advance(StoreTimeout);
        await closed.Soon();

        await AssertTimedOutAsync(write);
    }

    [Fact]
    public async Task The_actor_system_ends_after_what_is_under_way()
    {
        var database = new FakeDatabase { HoldsCommits = true };
        var store = Start(database);
        var write = Append(store, Bob, 1);
        var commit = await database.NextCommitAsync();
        var behind = Append(store, Bob, 2);

        var ended = CoordinatedShutdown.Get(System).Run(CoordinatedShutdown.ActorSystemTerminateReason.Instance);
        await TryUntilRefusedAsync(store).Soon();
        commit.GoOn();
        await database.CommitUntilAsync(ended);

        Assert.True(write.IsCompletedSuccessfully);
        Assert.True(behind.IsCompletedSuccessfully);
        Assert.True(System.WhenTerminated.IsCompleted);
    }

    [Fact]
    public async Task A_store_whose_actor_system_ends_abruptly_takes_no_more_calls()
    {
        var system = CreateAbruptSystem();
        var database = new FakeDatabase { HoldsCommits = true };
        var store = Start(database, system: system);
        var write = Append(store, Bob, 1);
        var commit = await database.NextCommitAsync();
        var behind = Append(store, Bob, 2);

        await system.Terminate().Soon();
        commit.GoOn();
        await write.Soon();                                         // was under way
        var last = await TryUntilRefusedAsync(store).Soon();
        Time.Advance(StoreTimeout);

        Assert.Contains("closed", last.Message, StringComparison.Ordinal);
        await AssertTimedOutAsync(behind);
    }

    [Fact]
    public async Task A_store_whose_actor_system_has_ended_abruptly_closes()
    {
        var system = CreateAbruptSystem();
        var store = Start(new FakeDatabase(), system: system);
        await Append(store, Bob, 1).Soon();
        await system.Terminate().Soon();

        await store.DisposeAsync().AsTask().Soon();

        await Assert.ThrowsAsync<MailboxStoreException>(() => Append(store, Bob, 2).Soon());
    }

    [Fact]
    public async Task A_store_closes_although_its_actor_system_ended_meanwhile()
    {
        var system = CreateAbruptSystem();
        var database = new FakeDatabase { HoldsCommits = true };
        var store = Start(database, system: system);
        var write = Append(store, Bob, 1);
        var commit = await database.NextCommitAsync();

        var closed = store.DisposeAsync().AsTask();
        await system.Terminate().Soon();
        commit.GoOn();

        await closed.Soon();
        await write.Soon();
    }

    [Fact]
    public async Task A_store_that_is_closed_leaves_no_timer_behind()
    {
        var store = Start(new FakeDatabase());
        await Append(store, Bob, 1).Soon();
        await store.OpenAsync(Bob).Soon();

        await store.DisposeAsync().AsTask().Soon();

        await Time.IdleAsync().Soon();
    }

    /// <summary>One that ends without its coordinated shutdown, as it does where a process fails.</summary>
    private static ActorSystem CreateAbruptSystem() =>
        ActorSystem.Create("abrupt", "akka { loglevel = OFF, stdout-loglevel = OFF, coordinated-shutdown.run-by-actor-system-terminate = off }");

    /// <summary>The store hears of the end on another thread, a moment later.</summary>
    private static async Task<Exception> TryUntilRefusedAsync(GroupCommitMailboxStore store)
    {
        while (true)
        {
            var write = Append(store, Alice, 1);
            if (write.IsFaulted) return write.Exception.InnerException!;
            await Task.Yield();
        }
    }
}
