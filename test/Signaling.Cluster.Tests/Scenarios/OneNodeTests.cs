using Signaling.ClusterFaults.Histories;
using Signaling.ClusterFaults.Scenarios;
using Signaling.ClusterFaults.Workloads;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Cluster.Tests.Scenarios;

/// <summary>The harness itself, with a node that has been shown to keep its promises. The long runs are <c>dotnet run --project bench/cluster</c>.</summary>
public sealed class OneNodeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Kills_of_a_node_lose_invent_repeat_and_reorder_nothing_for_any_kind_of_client()
    {
        var result = await FaultRun.RunAsync(Plan(), _folder.PathOf(""));

        Assert.True(result.IsValid, $"{result}\n{string.Join('\n', result.Report.Violations)}");
        Assert.InRange(result.Report.Confirmed, 100, result.Report.Sent);
        Assert.Equal(2, result.Report.Disturbances.Count);
        Assert.All(result.Report.Disturbances, kill => Assert.Equal((4, true), (kill.Unreachable.Peers, kill.Unreachable.Longest > TimeSpan.Zero)));
    }

    [Fact]
    public async Task With_a_store_in_memory_the_same_run_shows_what_kills_lose()
    {
        var result = await FaultRun.RunAsync(Plan() with { Settings = ["Store:Kind=Memory"] }, _folder.PathOf(""));

        Assert.NotEqual(0, result.Report.Count(ViolationKind.Lost));
        Assert.False(result.IsValid);
    }

    /// <remarks>Somebody is away at any moment.</remarks>
    private static FaultPlan Plan() => new(AllScenarios.Named("kill") with { Absence = Absence.Leaves }, Nodes: 1, Seed: 4) { Pairs = 4, PerSecond = 500 };
}
