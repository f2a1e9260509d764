using System.Reflection;
using Npgsql;
using Signaling.ClusterFaults.Histories;
using Signaling.Testing;

namespace Signaling.ClusterFaults.Scenarios;

/// <summary>Who wrote into which mailbox, in the order of the commits, as PostgreSQL itself records it (<c>owners.sql</c>).</summary>
internal sealed class OwnerHistory(PostgresServer database)
{
    /// <summary>Once the nodes have made their tables.</summary>
    public async Task InstallAsync()
    {
        using var text = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream("owners.sql")!);
        await PostgresServer.ExecuteAsync(database.ConnectionString("postgres"), await text.ReadToEndAsync());
    }

    /// <summary>Adds to a history what there is.</summary>
    public async Task RecordAsync(History history)
    {
        await using var connection = new NpgsqlConnection(database.ConnectionString("postgres"));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT peer, act, generation, node FROM owner_history_in_commit_order", connection);
        await using var rows = await command.ExecuteReaderAsync();
        while (await rows.ReadAsync()) history.Add(new Owned(rows.GetString(0), Enum.Parse<OwnerAct>(rows.GetString(1)), rows.GetInt64(2), rows.GetString(3)));
    }
}
