using Npgsql;
using Signaling.ClusterFaults.Histories;
using Signaling.ClusterFaults.Scenarios;
using Signaling.Node.Storage.Postgres;
using Signaling.Node.Tests.Hosting;
using Signaling.Testing;

namespace Signaling.Cluster.Tests.Scenarios;

/// <summary>A store whose fence has a hole is seen through.</summary>
public sealed class OwnerHistorySpecs : IAsyncLifetime
{
    private const int NumberBits = 12;

    private readonly TemporaryFolder _folder = new();
    private readonly PostgresServer _server = new() { Settings = { "track_commit_timestamp=on" } };
    private OwnerHistory _owners = null!;

    public async Task InitializeAsync()
    {
        await _server.InitializeAsync();
        await using var connection = await ConnectAsync("store");
        await PostgresSchema.Current.ApplyAsync(connection, "signaling");
        _owners = new OwnerHistory(_server);
        await _owners.InstallAsync();
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_owners_do_is_recorded_in_order()
    {
        await using var first = await ConnectAsync("node-1");
        await using var second = await ConnectAsync("node-2");
        await OpenAsync(first, generation: 5);
        await WriteAsync(first, seq: 5L << NumberBits);
        await OpenAsync(second, generation: 6);
        await ExecuteAsync(second, "DELETE FROM signaling.owners");

        var history = await RecordAsync();

        Assert.Equal(
            [new("bob", OwnerAct.Opened, 5, "node-1"), new("bob", OwnerAct.Wrote, 5, "node-1"), new("bob", OwnerAct.Opened, 6, "node-2"), new Owned("bob", OwnerAct.Closed, 6, "node-2")],
            history.Select(happening => ((Owned)happening) with { At = 0 }));
        Assert.Empty(HistoryChecker.Check(history).Violations);
    }

    [Fact]
    public async Task A_write_that_began_before_another_took_the_mailbox_and_is_committed_behind_it_is_a_double_owner()
    {
        await using var first = await ConnectAsync("node-1");
        await using var second = await ConnectAsync("node-2");
        await OpenAsync(first, generation: 5);
        await using (var late = await first.BeginTransactionAsync())
        {
            await WriteAsync(first, seq: 5L << NumberBits);
            await OpenAsync(second, generation: 6);
            await late.CommitAsync();
        }

        var violation = Assert.Single(HistoryChecker.Check(await RecordAsync()).Violations);

        Assert.Equal(ViolationKind.DoubleOwner, violation.Kind);
    }

    private static Task OpenAsync(NpgsqlConnection connection, long generation) => ExecuteAsync(
        connection, $"INSERT INTO signaling.owners (peer, generation, node) VALUES ('bob', {generation}, 0) ON CONFLICT (peer) DO UPDATE SET generation = excluded.generation");

    private static Task WriteAsync(NpgsqlConnection connection, long seq) => ExecuteAsync(
        connection, $"INSERT INTO signaling.messages (peer, seq, accepted_at, sender, message_id, json) VALUES ('bob', {seq}, 0, 'alice', '', '')");

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<IReadOnlyList<HistoryEvent>> RecordAsync()
    {
        await using var history = new History(_folder.PathOf("history.jsonl"));
        await _owners.RecordAsync(history);
        return history.Events;
    }

    private async Task<NpgsqlConnection> ConnectAsync(string node)
    {
        var connection = new NpgsqlConnection(_server.ConnectionString("postgres") + $";Pooling=false;Application Name={node}");
        await connection.OpenAsync();
        return connection;
    }
}
