using Signaling.ClusterFaults.Histories;
using Signaling.Testing;

namespace Signaling.ClusterFaults.Processes;

/// <summary>Nodes and, where there are several, the PostgreSQL that they share.</summary>
internal sealed class RunningCluster : IAsyncDisposable
{
    /// <summary>Bounds that a run does not meet: what they refuse or displace is not what it is about. And clients come back soon.</summary>
    private static readonly string[] Bounds =
    [
        "Mailbox:Capacity=10000", "Mailbox:MaxBytes=1073741824", "Mailbox:MaxOpenedPerMinute=1000000",
        "Limits:ConnectionsPerAddress=1000000", "Limits:MessagesPerSecond=1000000000", "Limits:BytesPerSecond=1000000000000",
        "Limits:MessagesPerSecondPerAddress=1000000000", "Limits:BytesPerSecondPerAddress=1000000000000", "Limits:RecipientsPerMinute=1000000",
        "Mailbox:TakeoverTimeout=00:00:00.2", "Shutdown:ReconnectWithin=00:00:03",
        "Management:Token=for-tests-of-clusters",
    ];

    private readonly History _history;

    private RunningCluster(Network network, PostgresServer? database, int nodes, IReadOnlyList<string> settings, string directory, History history)
    {
        (Network, Database, _history) = (network, database, history);
        string[] store = database is null ? ["Store:Kind=Sqlite", $"Store:Directory={directory}"] : ["Store:Kind=PostgreSql"];
        string[] seeds = [.. Enumerable.Range(1, nodes).Select(node => $"Cluster:SeedNodes:{node - 1}={network.AddressOf(node)}:{network.PortOf(node, 3)}")];
        Nodes = [.. Enumerable.Range(1, nodes).Select(node =>
        {
            string[] cluster = database is null ? [] : [$"Store:ConnectionString={database.ConnectionString("postgres")};Application Name=node-{node}", "Cluster:Enabled=true", $"Cluster:Host={network.AddressOf(node)}", $"Cluster:Port={network.PortOf(node, 3)}", .. seeds];
            return new ClusterNode(node, network, [.. store, .. cluster, .. Bounds, .. settings], directory, history, Hear);
        })];
    }

    public Network Network { get; }

    /// <summary>Null where one node has its own store.</summary>
    public PostgresServer? Database { get; }

    public IReadOnlyList<ClusterNode> Nodes { get; }

    /// <summary>Starts everything.</summary>
    /// <param name="network">Where they run; it outlives them.</param>
    /// <param name="nodes">How many; one runs without a cluster, on its embedded store.</param>
    /// <param name="settings">Of every node.</param>
    /// <param name="directory">For logs and data.</param>
    /// <param name="history">Told of all that happens to them.</param>
    /// <returns>Completes when all take clients.</returns>
    public static async Task<RunningCluster> StartAsync(Network network, int nodes, IReadOnlyList<string> settings, string directory, History history)
    {
        PostgresServer? database = null;
        RunningCluster? cluster = null;
        try
        {
            if (nodes > 1)
            {
                database = new PostgresServer { Host = network.AddressOf(Network.Database), Within = network.Within(Network.Database), Settings = { "track_commit_timestamp=on" } };
                await database.InitializeAsync();
            }
            cluster = new RunningCluster(network, database, nodes, settings, directory, history);
            foreach (var node in cluster.Nodes) node.Start();
            await cluster.ReadyAsync();
            return cluster;
        }
        catch
        {
            if (cluster is not null) await cluster.DisposeAsync();
            else if (database is not null) await database.DisposeAsync();
            throw;
        }
    }

    /// <summary>Completes when all nodes take clients.</summary>
    public Task ReadyAsync() => Task.WhenAll(Nodes.Select(node => node.ReadyAsync()));

    public async ValueTask DisposeAsync()
    {
        foreach (var node in Nodes) await node.DisposeAsync();
        if (Database is not null) await Database.DisposeAsync();
    }

    /// <summary>What a node says of the others: its log's events 303 to 305.</summary>
    private void Hear(ClusterNode node, string line)
    {
        var kind = line.Contains("Signaling.Cluster[303]", StringComparison.Ordinal) ? FaultKind.Removed
            : line.Contains("Signaling.Cluster[304]", StringComparison.Ordinal) ? FaultKind.Unreachable
            : line.Contains("Signaling.Cluster[305]", StringComparison.Ordinal) ? FaultKind.Reachable
            : (FaultKind?)null;
        if (kind is null) return;
        var of = Nodes.FirstOrDefault(other => line.Contains($"{other.Cluster.Host}:{other.Cluster.Port}", StringComparison.Ordinal));
        if (of is not null) _history.Add(new Fault(kind.Value, of.Name, $"by {node.Name}"));
    }
}
