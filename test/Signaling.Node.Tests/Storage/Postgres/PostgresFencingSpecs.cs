using Npgsql;
using Signaling.Actors.Mailboxes;
using Signaling.Testing;

namespace Signaling.Node.Tests.Storage.Postgres;

/// <summary>Two nodes never both write to a mailbox: it is whose opened it last, whatever is under way.</summary>
public sealed class PostgresFencingSpecs(PostgresServer server) : PostgresSpecs(server)
{
    private PostgresNode _first = null!, _second = null!;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        (_first, _second) = (await StartNodeAsync(), await StartNodeAsync());
    }

    [Fact]
    public async Task Whoever_opened_a_mailbox_before_writes_nothing_and_numbers_nothing()
    {
        var former = await OwnAsync(_first, Bob);
        await _first.Store.AppendAsync(former, [Message(1)]);
        var owner = await OwnAsync(_second, Bob);
        await _second.Store.AppendAsync(owner, [Message(2)]);

        await Assert.ThrowsAsync<MailboxFencedException>(() => _first.Store.AppendAsync(former, [Message(3)]).AsTask());
        await Assert.ThrowsAsync<MailboxFencedException>(() => _first.Store.RemoveAsync(former, [1]).AsTask());
        await Assert.ThrowsAsync<MailboxFencedException>(() => _first.Store.NextGenerationAsync(former).AsTask());
        await _second.Store.AppendAsync(owner, [Message(4)]);

        Assert.Equal([1, 2, 4], await SeqsAsync(_second, Bob));
        Assert.Equal(3, await Database.CountAsync("messages"));
    }

    [Fact]
    public async Task Of_a_group_what_the_owner_of_another_mailbox_wrote_is_kept()
    {
        var (bob, alice) = (await OwnAsync(_first, Bob), await OwnAsync(_first, Alice));
        await OwnAsync(_second, Bob);

        var fenced = await _first.Database.CommitAsync([new AppendMessages(bob, [Message(1)]), new AppendMessages(alice, [Message(1)]), new RemoveMessages(bob, [7]), new RemoveMessages(alice, [7])]);

        Assert.Equal([bob], fenced);
        Assert.Equal([1], await SeqsAsync(_second, Alice));
        Assert.Empty(await SeqsAsync(_second, Bob));
    }

    [Fact]
    public async Task Who_opens_it_waits_for_what_is_being_written_and_reads_it()
    {
        var former = await OwnAsync(_first, Bob);
        await using var holder = await Database.ConnectAsync();
        await using var transaction = await holder.BeginTransactionAsync();
        await RunAsync(holder, "SELECT FROM signaling.nodes FOR UPDATE");   // the last that a group of writes needs
        var write = _first.Store.AppendAsync(former, [Message(1)]).AsTask();
        await UntilWaitingAsync();

        var opening = _second.Store.OpenAsync(Bob).AsTask();
        await UntilWaitingAsync(2);
        var isOpen = opening.IsCompleted;
        await transaction.RollbackAsync();

        Assert.False(isOpen);
        await write;
        Assert.Equal([1], (await opening).Messages.Select(message => message.Seq));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_writes_waits_for_who_is_opening_it(bool isOpened)
    {
        var owner = await OwnAsync(_first, Bob);
        await using var other = await Database.ConnectAsync();
        await using var transaction = await other.BeginTransactionAsync();
        await RunAsync(other, "UPDATE signaling.owners SET generation = nextval('signaling.generations')");
        var write = _first.Store.AppendAsync(owner, [Message(1)]).AsTask();
        var renewal = _first.Store.NextGenerationAsync(owner).AsTask();
        await UntilWaitingAsync(2);

        if (isOpened) await transaction.CommitAsync();
        else await transaction.RollbackAsync();

        foreach (var call in new Task[] { write, renewal })
        {
            if (isOpened) await Assert.ThrowsAsync<MailboxFencedException>(() => call);
            else await call;
        }
        Assert.Equal(isOpened ? 0 : 1, await Database.CountAsync("messages"));
    }

    [Fact]
    public async Task Generations_rise_whichever_node_hands_them_out()
    {
        var generations = new List<long>();
        for (var i = 0; i < 20; i++)
        {
            foreach (var node in new[] { _first, _second })
            {
                var owner = await OwnAsync(node, Bob);
                generations.Add(owner.Generation);
                generations.Add(await node.Store.NextGenerationAsync(owner));
            }
        }

        Assert.Equal(generations.Order().Distinct(), generations);
    }

    [Fact]
    public async Task Who_waits_for_another_that_opens_it_has_the_higher_generation()
    {
        await OwnAsync(_first, Bob);
        await using var other = await Database.ConnectAsync();
        await using var transaction = await other.BeginTransactionAsync();
        await RunAsync(other, "SELECT FROM signaling.owners FOR UPDATE");
        var opening = _second.Store.OpenAsync(Bob).AsTask();
        await UntilWaitingAsync();

        await RunAsync(other, "UPDATE signaling.owners SET generation = nextval('signaling.generations')");
        await using var read = new NpgsqlCommand("SELECT generation FROM signaling.owners", other);
        var before = (long)(await read.ExecuteScalarAsync())!;
        await transaction.CommitAsync();

        Assert.True((await opening).Generation > before);
    }

    [Fact]
    public async Task Of_many_who_open_it_at_once_the_highest_generation_is_the_owner()
    {
        var openings = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => (i % 2 == 0 ? _first : _second).Database.OpenAsync(Bob)));

        var owners = openings.Select(opened => new MailboxOwner(Bob, opened.Generation)).OrderBy(owner => owner.Generation).ToArray();
        var fenced = await _first.Database.CommitAsync([.. owners.Select((owner, i) => new AppendMessages(owner, [Message(i)]))]);

        Assert.Equal(owners.Length, owners.Distinct().Count());
        Assert.Equal(owners[..^1], fenced.OrderBy(owner => owner.Generation));
        Assert.Equal([199], await SeqsAsync(_first, Bob));
    }

    [Fact]
    public async Task A_mailbox_that_is_closed_leaves_no_row_and_its_messages_stay()
    {
        var (bob, alice) = (await OwnAsync(_first, Bob), await OwnAsync(_first, Alice));
        await _first.Store.AppendAsync(bob, [Message(1)]);
        await OwnAsync(_second, Alice);

        _first.Store.Close(bob);
        _first.Store.Close(alice);                                  // who is not the owner closes nothing
        await _first.Database.KeepHouseOnceAsync();

        Assert.Equal("alice", await Database.ExecuteAsync("SELECT peer FROM signaling.owners"));
        await Assert.ThrowsAsync<MailboxFencedException>(() => _first.Store.AppendAsync(bob, [Message(2)]).AsTask());
        Assert.Equal([1], await SeqsAsync(_second, Bob));
    }

    [Fact]
    public async Task What_a_node_owned_goes_a_day_after_it_was_last_seen_and_what_it_kept_stays()
    {
        await _first.Store.AppendAsync(await OwnAsync(_first, Bob), [Message(1), Message(2)]);
        var alice = await OwnAsync(_second, Alice);
        await Database.ExecuteAsync("UPDATE signaling.nodes n SET seen_at = now() - interval '25 hours' FROM signaling.owners o WHERE o.peer = 'bob' AND o.node = n.id");

        await _second.Database.KeepHouseOnceAsync();

        Assert.Equal("alice", await Database.ExecuteAsync("SELECT peer FROM signaling.owners"));
        Assert.Equal(2, await Database.CountAsync("nodes"));
        Assert.Equal(2, _second.Store.Totals.Messages);
        await _second.Store.AppendAsync(alice, [Message(1)]);
        Assert.Equal([1, 2], await SeqsAsync(_second, Bob));
    }

    [Fact]
    public async Task A_node_that_ends_in_good_order_leaves_its_rows_to_the_next_who_looks()
    {
        await using (var third = await PostgresNode.StartAsync(Database.Options)) await third.Store.AppendAsync(await OwnAsync(third, Bob), [Message(1)]);

        await _second.Database.KeepHouseOnceAsync();

        Assert.Equal(0, await Database.CountAsync("owners"));
        Assert.Equal(3, await Database.CountAsync("nodes"));        // two that run, and 0
        Assert.Equal(1, _second.Store.Totals.Messages);
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
