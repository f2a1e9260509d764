using System.Globalization;
using System.Reflection;
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
        await database.QueryAsync(await text.ReadToEndAsync());
    }

    /// <summary>Adds to a history what there is.</summary>
    public async Task RecordAsync(History history)
    {
        var rows = await database.QueryAsync("select peer, act, generation, node from owner_history_in_commit_order");
        foreach (var row in rows.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var columns = row.Split('|');
            history.Add(new Owned(columns[0], Enum.Parse<OwnerAct>(columns[1]), long.Parse(columns[2], CultureInfo.InvariantCulture), columns[3]));
        }
    }
}
