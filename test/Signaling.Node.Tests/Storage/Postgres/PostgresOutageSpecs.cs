using System.Collections.Concurrent;
using Signaling.Actors.Mailboxes;
using Signaling.Testing;

namespace Signaling.Node.Tests.Storage.Postgres;

/// <summary>A server that stops, crashes or hangs: callers are told, nothing that was kept is lost, and it goes on by itself.</summary>
public sealed class PostgresOutageSpecs(PostgresServer server) : PostgresSpecs(server)
{
    [Theory]
    [InlineData("stop")]
    [InlineData("crash")]
    [InlineData("kill")]
    public async Task What_was_kept_is_there_when_the_server_is_back(string end)
    {
        var node = await StartNodeAsync();
        var owners = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => OwnAsync(node, Peer($"peer-{i}"))));
        var (kept, failures) = (new ConcurrentBag<(MailboxOwner Owner, long Seq)>(), new ConcurrentBag<Exception>());
        using var over = new CancellationTokenSource();
        var load = owners.Select(owner => Task.Run(async () =>
        {
            for (var seq = 1L; !over.IsCancellationRequested; seq++)
            {
                if (await Record.ExceptionAsync(() => node.Store.AppendAsync(owner, [Message(seq)]).AsTask()) is not { } failure) kept.Add((owner, seq));
                else
                {
                    failures.Add(failure);
                    await Task.Delay(20);
                }
            }
        })).ToArray();
        await Hosting.Poll.UntilAsync(() => Task.FromResult(kept.Count > 500));

        await (end switch { "stop" => Server.StopAsync(), "crash" => Server.StopImmediatelyAsync(), _ => Server.KillAsync() });
        await Hosting.Poll.UntilAsync(() => Task.FromResult(failures.Count > 20));
        var before = kept.Count;
        await Server.StartAsync();
        await Hosting.Poll.UntilAsync(() => Task.FromResult(kept.Count > before + 200));
        await over.CancelAsync();
        await Task.WhenAll(load);

        Assert.All(failures, failure => Assert.IsType<MailboxStoreException>(failure));
        foreach (var mailbox in kept.GroupBy(message => message.Owner))
        {
            var opened = await node.Store.OpenAsync(mailbox.Key.Peer);
            Assert.True(opened.Generation > mailbox.Key.Generation);
            Assert.Subset(opened.Messages.Select(message => message.Seq).ToHashSet(), mailbox.Select(message => message.Seq).ToHashSet());
        }
    }

    [Fact]
    public async Task Generations_never_come_again_over_kills()
    {
        var node = await StartNodeAsync();
        var generations = new List<long>();

        for (var i = 0; i < 3; i++)
        {
            for (var owner = await OwnAsync(node, Bob); generations.Count % 50 < 49; generations.Add(await node.Store.NextGenerationAsync(owner)))
            {
                // more than a sequence writes ahead
            }
            generations.Add((await node.Store.OpenAsync(Bob)).Generation);
            await Server.KillAsync();
            await Server.StartAsync();
            await Hosting.Poll.UntilAsync(async () => await Record.ExceptionAsync(() => node.Store.OpenAsync(Alice).AsTask()) is null);
        }

        Assert.Equal(generations.Order().Distinct(), generations);
    }

    [Fact]
    public async Task A_server_that_hangs_is_given_up_in_time_and_used_again()
    {
        var node = await StartNodeAsync(TimeSpan.FromSeconds(1));
        var bob = await OwnAsync(node, Bob);
        Server.Freeze(isFrozen: true);
        try
        {
            var failure = await Assert.ThrowsAsync<MailboxStoreException>(() => node.Database.CommitAsync([new AppendMessages(bob, [Message(1)])]));
            Assert.Equal($"PostgreSQL at 127.0.0.1:{Server.Port} does not answer", failure.Message);
        }
        finally
        {
            Server.Freeze(isFrozen: false);
        }

        await Hosting.Poll.UntilAsync(async () => await Record.ExceptionAsync(() => node.Store.AppendAsync(bob, [Message(2)]).AsTask()) is null);

        Assert.Contains(2, await SeqsAsync(node, Bob));
    }

    [Fact]
    public async Task A_row_that_is_held_for_ever_fails_its_mailbox_and_no_other()
    {
        var node = await StartNodeAsync(TimeSpan.FromSeconds(1));
        var (bob, alice) = (await OwnAsync(node, Bob), await OwnAsync(node, Alice));
        await using var holder = await Database.ConnectAsync();
        await using var transaction = await holder.BeginTransactionAsync();
        await using var hold = new Npgsql.NpgsqlCommand("SELECT FROM signaling.owners WHERE peer = 'bob' FOR UPDATE", holder);
        await hold.ExecuteNonQueryAsync();

        var calls = new[] { node.Store.AppendAsync(bob, [Message(1)]).AsTask(), node.Store.AppendAsync(alice, [Message(1)]).AsTask(), node.Store.OpenAsync(Bob).AsTask(), node.Store.OpenAsync(Peer("carol")).AsTask() };

        await calls[1];
        await calls[3];
        Assert.NotNull(await Record.ExceptionAsync(() => calls[0]));
        Assert.NotNull(await Record.ExceptionAsync(() => calls[2]));
        await transaction.RollbackAsync();
        await node.Store.AppendAsync(await OwnAsync(node, Bob), [Message(2)]);
    }

    [Fact]
    public async Task What_cannot_be_written_is_told_and_tried_again()
    {
        var node = await StartNodeAsync();
        var bob = await OwnAsync(node, Bob);
        await Database.ExecuteAsync("ALTER TABLE signaling.messages RENAME TO gone");
        var gone = await Assert.ThrowsAsync<MailboxStoreException>(() => node.Store.AppendAsync(bob, [Message(1)]).AsTask());
        await Database.ExecuteAsync("ALTER TABLE signaling.gone RENAME TO messages");

        await node.Store.AppendAsync(bob, [Message(2)]);

        Assert.Contains("has lost tables of the mailboxes", gone.Message, StringComparison.Ordinal);
        Assert.Equal([2], await SeqsAsync(node, Bob));
    }

    [Fact]
    public async Task A_store_that_is_closed_says_so()
    {
        var node = await PostgresNode.StartAsync(Database.Options);
        var bob = await OwnAsync(node, Bob);
        await node.DisposeAsync();

        await Assert.ThrowsAsync<MailboxStoreException>(() => node.Store.AppendAsync(bob, [Message(1)]).AsTask());
        await Assert.ThrowsAsync<MailboxStoreException>(() => node.Database.OpenAsync(Bob));
    }

    [Fact]
    public async Task A_row_that_no_node_wrote_is_left_out_and_told()
    {
        var log = new LogList();
        await using var node = await PostgresNode.StartAsync(Database.Options, log);
        await node.Store.AppendAsync(await OwnAsync(node, Bob), [Message(1), Message(2)]);
        await Database.ExecuteAsync("UPDATE signaling.messages SET sender = '' WHERE seq = 1");

        Assert.Equal([2], await SeqsAsync(node, Bob));
        Assert.Contains("Message 1 for peer bob", Assert.Single(log.Lines), StringComparison.Ordinal);
    }
}
