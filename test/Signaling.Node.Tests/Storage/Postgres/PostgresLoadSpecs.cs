using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;
using Signaling.Testing;

namespace Signaling.Node.Tests.Storage.Postgres;

/// <summary>Nodes that work in the same tables at the same time.</summary>
public sealed class PostgresLoadSpecs(PostgresServer server) : PostgresSpecs(server)
{
    private static readonly PeerId[] Peers = [.. Enumerable.Range(0, 40).Select(i => Peer($"peer-{i:D2}"))];

    [Fact]
    public async Task Nodes_that_open_and_write_the_same_mailboxes_in_any_order_never_lock_each_other_out()
    {
        PostgresNode[] nodes = [await StartNodeAsync(), await StartNodeAsync(), await StartNodeAsync()];
        var kept = new long[nodes.Length];

        await Task.WhenAll(nodes.SelectMany((node, n) => Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            var random = new Random((n * 8) + worker);
            for (var round = 0; round < 25; round++)
            {
                var owners = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => OwnAsync(node, Peers[random.Next(Peers.Length)])));
                var writes = owners.Select(owner => node.Store.AppendAsync(owner, [Message(owner.Generation << 12), Message((owner.Generation << 12) + 1)]).AsTask())
                    .Concat(owners.Select(owner => node.Store.RemoveAsync(owner, [owner.Generation << 12]).AsTask())).ToArray();
                foreach (var write in writes)
                {
                    if (await Record.ExceptionAsync(() => write) is { } failure) Assert.IsType<MailboxFencedException>(failure);
                }
                Interlocked.Add(ref kept[n], writes.Count(write => write.IsCompletedSuccessfully));
                node.Store.Close(owners[0]);
                if (round % 5 == 0) await node.Database.KeepHouseOnceAsync();
                if (round % 5 == 1) await node.Store.RemoveAcceptedUpToAsync(Noon.AddDays(-1));
            }
        }))));

        Assert.All(kept, count => Assert.NotEqual(0, count));
        Assert.Equal(0L, await Database.ExecuteAsync("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"));
        await CheckTotalsAsync(nodes);
    }

    [Fact]
    public async Task What_is_old_goes_once_whoever_removes_it()
    {
        PostgresNode[] nodes = [await StartNodeAsync(), await StartNodeAsync(), await StartNodeAsync()];
        var owners = await Task.WhenAll(Peers.Select(peer => OwnAsync(nodes[0], peer)));
        await Task.WhenAll(owners.Select(owner => nodes[0].Store.AppendAsync(owner, [.. Enumerable.Range(1, 100).Select(seq => Message(seq, Noon.AddSeconds(seq - 80)))]).AsTask()));

        var removals = nodes.Select(node => node.Store.RemoveAcceptedUpToAsync(Noon).AsTask()).ToArray();
        var delivered = owners.Select(owner => nodes[0].Store.RemoveAsync(owner, [1, 50, 100]).AsTask()).ToArray();
        await Task.WhenAll(delivered);
        var removed = (await Task.WhenAll(removals)).Sum() + await nodes[0].Store.RemoveAcceptedUpToAsync(Noon); // once more: what another has at the moment is passed over

        Assert.InRange(removed, 40 * 78, 40 * 80);                  // some were delivered before
        Assert.Equal(Enumerable.Range(81, 19).Select(seq => (long)seq), await SeqsAsync(nodes[1], Peers[7]));
        await CheckTotalsAsync(nodes);
        Assert.Equal(40 * 19, nodes[0].Store.Totals.Messages);
    }

    [Fact]
    public async Task Every_node_knows_what_all_hold_together()
    {
        PostgresNode[] nodes = [await StartNodeAsync(), await StartNodeAsync()];
        await nodes[0].Store.AppendAsync(await OwnAsync(nodes[0], Bob), [Message(1), Message(2), Message(3)]);
        await nodes[1].Store.AppendAsync(await OwnAsync(nodes[1], Alice), [Message(1)]);
        await nodes[1].Store.RemoveAsync(await OwnAsync(nodes[1], Bob), [1, 2]);

        await CheckTotalsAsync(nodes);
        Assert.Equal(new MailboxTotals(2, 2 * Message(1).Json.Length), nodes[0].Store.Totals);
        Assert.Equal(nodes[0].Store.Totals, (await StartNodeAsync()).Store.Totals);
    }

    [Fact]
    public async Task A_group_as_large_as_they_come_is_one_commit()
    {
        var node = await StartNodeAsync();
        var owner = await OwnAsync(node, Peer(string.Concat(Enumerable.Repeat("\u20AC", PeerId.MaxLength)))); // of three bytes each
        var json = new byte[1_000_000];
        Random.Shared.NextBytes(json);

        await node.Database.CommitAsync([new AppendMessages(owner, [.. Enumerable.Range(1, 16).Select(seq => Message(seq) with { Json = json })])]);
        await node.Database.CommitAsync([.. Enumerable.Range(1, 2_000).Select(seq => new AppendMessages(owner, [Message(100 + seq)]))]);

        var opened = await node.Store.OpenAsync(owner.Peer);
        Assert.Equal(2_016, opened.Messages.Count);
        Assert.Equal(json, opened.Messages[15].Json.ToArray());
    }

    [Fact]
    public async Task Writes_of_a_group_take_effect_in_their_order()
    {
        var node = await StartNodeAsync();
        var bob = await OwnAsync(node, Bob);
        await node.Store.AppendAsync(bob, [Message(1), Message(2)]);

        await node.Database.CommitAsync(
        [
            new RemoveMessages(bob, [1]), new AppendMessages(bob, [Message(1, Noon.AddHours(1)), Message(2, Noon.AddHours(1))]),
            new AppendMessages(bob, [Message(3), Message(4)]), new RemoveMessages(bob, [4, 5]), new AppendMessages(bob, [Message(3, Noon.AddHours(1)), Message(5)]),
        ]);

        var messages = (await node.Store.OpenAsync(Bob)).Messages;
        Assert.Equal([(1L, 1), (2, 0), (3, 0), (5, 0)], messages.Select(message => (message.Seq, (message.AcceptedAt - Noon).Hours)));
        await CheckTotalsAsync([node]);
    }

    private async Task CheckTotalsAsync(PostgresNode[] nodes)
    {
        var (messages, bytes) = (await Database.CountAsync("messages"), (long)(await Database.ExecuteAsync("SELECT coalesce(sum(octet_length(json)), 0) FROM signaling.messages"))!);
        foreach (var node in nodes)
        {
            await node.Database.KeepHouseOnceAsync();
            Assert.Equal(new MailboxTotals(messages, bytes), node.Store.Totals);
        }
    }
}
