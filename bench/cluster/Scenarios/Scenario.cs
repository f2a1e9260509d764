using Signaling.ClusterFaults.Processes;
using Signaling.ClusterFaults.Workloads;

namespace Signaling.ClusterFaults.Scenarios;

/// <summary>What is done to a cluster while clients use it.</summary>
/// <param name="Name">As it is asked for.</param>
/// <param name="ActAsync">What is done. At its end the network is whole, and every node that was ended is being started.</param>
internal sealed record Scenario(string Name, Func<FaultContext, Task> ActAsync)
{
    /// <summary>How clients come and go.</summary>
    public Absence Absence { get; init; } = Absence.Both;

    /// <summary>Clients that are only connected.</summary>
    public int Idle { get; init; }

    /// <summary>Messages of all peers together.</summary>
    public int PerSecond { get; init; } = 1_000;

    /// <summary>It cuts the network.</summary>
    public bool NeedsNamespaces { get; init; }

    /// <summary>What it does needs others that go on.</summary>
    public int LeastNodes { get; init; } = 1;

    /// <summary>How long nobody may be disturbed.</summary>
    public TimeSpan? Target { get; init; }
}

/// <summary>What a scenario acts on.</summary>
/// <param name="Nodes">The cluster's.</param>
/// <param name="Random">Of its choices.</param>
/// <param name="PartAsync">Parts the network, and records it.</param>
/// <param name="HealAsync">Heals it, and records it.</param>
internal sealed record FaultContext(IReadOnlyList<ClusterNode> Nodes, Random Random, Func<ClusterNode, Cut, Task> PartAsync, Func<Task> HealAsync)
{
    public ClusterNode AnyNode() => Nodes[Random.Next(Nodes.Count)];

    public Task DelayAsync(double leastSeconds, double mostSeconds) => Task.Delay(TimeSpan.FromSeconds(leastSeconds + Random.NextDouble() * (mostSeconds - leastSeconds)));
}

/// <summary>How a node is cut off. Clients reach everybody.</summary>
internal enum Cut
{
    /// <summary>From the other nodes and from the database.</summary>
    FromAll,

    /// <summary>From the other nodes: both sides reach the database.</summary>
    FromNodes,

    /// <summary>What it sends to the other nodes is lost; it hears them, and reaches the database.</summary>
    OneWay,
}
