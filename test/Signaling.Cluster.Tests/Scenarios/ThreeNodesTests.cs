using Signaling.Cluster.Tests.Processes;
using Signaling.ClusterFaults.Histories;
using Signaling.ClusterFaults.Scenarios;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Cluster.Tests.Scenarios;

/// <summary>Three real nodes on PostgreSQL, and clients that use them: whatever is done to the cluster, nothing that was confirmed is lost, nothing comes twice or out of order, and no mailbox has two
/// owners. One run each; for many, at other moments, there is <c>dotnet run --project bench/cluster</c>.</summary>
public sealed class ThreeNodesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Peers_on_different_nodes_exchange_messages() => AssertKept(await RunAsync("relay"), faults: 0);

    [Fact]
    public async Task Clients_take_their_ids_over_to_other_nodes() => AssertKept(await RunAsync("takeover"), faults: 0);

    [Fact]
    public async Task What_is_stored_through_one_node_is_read_on_another() => AssertKept(await RunAsync("offline"), faults: 0);

    [Fact]
    public async Task Nodes_are_killed_under_load() => AssertKept(await RunAsync("kill"), faults: 2);

    [Fact]
    public async Task Nodes_leave_under_load() => AssertKept(await RunAsync("drain"), faults: 2);

    [Fact]
    public async Task All_nodes_are_restarted_one_after_another_under_5000_clients()
    {
        var result = await RunAsync("rolling");

        AssertKept(result, faults: 3);
        Assert.Equal(5_000, result.Plan.Idle);
    }

    [NamespaceFact]
    public async Task A_node_is_cut_off_from_the_others_and_the_database() => AssertKept(await RunAsync("partition"), faults: 1);

    [NamespaceFact]
    public async Task A_node_is_cut_off_from_the_others_and_still_reaches_the_database() => AssertKept(await RunAsync("partition-with-database"), faults: 1);

    private Task<FaultResult> RunAsync(string name) =>
        FaultRun.RunAsync(new FaultPlan(AllScenarios.Named(name), Nodes: 3, Seed: 7), _folder.PathOf(""));

    private static void AssertKept(FaultResult result, int faults)
    {
        Assert.True(result.IsValid, $"{result}\n{string.Join('\n', result.Report.Violations)}\n{string.Join('\n', result.Complaints)}");
        Assert.InRange(result.Report.Confirmed, 1_000, result.Report.Sent);
        Assert.NotEqual(0, result.Report.Owned);                    // by the database's own record
        Assert.Equal(faults, result.Report.Disturbances.Count(fault => fault.Unreachable.Peers > 0));
        Assert.Equal(0, result.Report.Count(ViolationKind.DoubleOwner));
    }
}
