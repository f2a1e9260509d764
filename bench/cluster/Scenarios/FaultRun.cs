using System.Diagnostics;
using System.Globalization;
using Signaling.ClusterFaults.Histories;
using Signaling.ClusterFaults.Processes;
using Signaling.ClusterFaults.Workloads;

namespace Signaling.ClusterFaults.Scenarios;

/// <summary>What a run does.</summary>
/// <param name="Scenario">What is done to the cluster.</param>
/// <param name="Nodes">How many; one runs on its embedded store.</param>
/// <param name="Seed">Of every choice; not of the machine's own timing.</param>
/// <param name="Settings">The nodes', such as <c>Mailbox:Capacity=10</c>.</param>
internal sealed record FaultPlan(Scenario Scenario, int Nodes, int Seed, params IReadOnlyList<string> Settings)
{
    public int Peers { get; init; } = 24;

    public int PerSecond { get; init; } = Scenario.PerSecond;

    public int Pairs { get; init; } = 12;

    public int Idle { get; init; } = Scenario.Idle;
}

/// <summary>How a run went.</summary>
/// <param name="Plan">What it did.</param>
/// <param name="Report">What its history says.</param>
/// <param name="Failure">Why it did not come to its end; null where it did.</param>
/// <param name="Complaints">What nodes logged, from errors up.</param>
/// <param name="Lateness">By how much the clients were late, at most.</param>
/// <param name="Elapsed">How long it took.</param>
internal sealed record FaultResult(FaultPlan Plan, HistoryReport Report, string? Failure, IReadOnlyList<string> Complaints, TimeSpan Lateness, TimeSpan Elapsed)
{
    /// <summary>Nothing was lost, doubled or out of order, nobody owned a mailbox beside another, and everybody got what was theirs.</summary>
    public bool IsValid => Report.Violations.Count == 0 && Failure is null;

    /// <summary>The longest time in which a measured peer could not be reached, or any peer was without a connection that it wanted.</summary>
    public TimeSpan Longest => Report.Disturbances.Select(fault => fault.Unreachable.Longest > fault.Disconnected.Longest ? fault.Unreachable.Longest : fault.Disconnected.Longest).DefaultIfEmpty().Max();

    /// <summary>The longest from a failure detector's verdict until a killed node's peers were reached elsewhere.</summary>
    public TimeSpan? AfterVerdict => Report.Disturbances.Max(fault => fault.AfterVerdict);

    /// <summary>Nobody was disturbed for longer than the scenario allows.</summary>
    public bool IsInTime => !(Longest > Plan.Scenario.Target) && !(AfterVerdict > VerdictTarget);

    private static TimeSpan VerdictTarget => TimeSpan.FromSeconds(5);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"""
        {Plan.Scenario.Name} seed {Plan.Seed}: {Report.Sent} sent, {Report.Confirmed} confirmed, {Report.Refused} refused, {Report.Ignored} came again; {Report.Count(ViolationKind.Lost, ViolationKind.SeqReused)} lost, {Report.Count(ViolationKind.Reordered)} out of order, {Report.Count(ViolationKind.Duplicated)} duplicated, {Report.Count(ViolationKind.Invented, ViolationKind.Unasked)} invented, {Report.Count(ViolationKind.Ended)} clients ended, {Report.Count(ViolationKind.DoubleOwner)} double owners of {Report.Owned} writes; disturbed at most {Longest.TotalSeconds:0.00} s{(AfterVerdict is { } after ? $", reached {after.TotalSeconds:0.00} s after the verdict" : "")} (the clients themselves were late by {Lateness.TotalSeconds:0.00} s); {Elapsed.TotalSeconds:0} s{(IsInTime ? "" : ", TOO LATE")}{(IsValid ? "" : ", VIOLATED")}{(Failure is null ? "" : $": {Failure}")}
        """);
}

/// <summary>A cluster, its clients, what is done to it, and the judgement of it.</summary>
internal static class FaultRun
{
    /// <param name="plan">What to do.</param>
    /// <param name="directory">For the history and the nodes' logs and data; empty.</param>
    public static async Task<FaultResult> RunAsync(FaultPlan plan, string directory)
    {
        var (random, clock) = (new Random(plan.Seed), Stopwatch.StartNew());
        await using var history = new History(Path.Combine(directory, "history.jsonl"));
        await using Network network = plan.Scenario.NeedsNamespaces ? await Namespaces.CreateAsync(parties: plan.Nodes + 1) : new Loopback();
        await using var cluster = await RunningCluster.StartAsync(network, plan.Nodes, plan.Settings, directory, history);
        var owners = cluster.Database is { } database ? new OwnerHistory(database) : null;
        if (owners is not null) await owners.InstallAsync();
        await using var workload = new Workload(new WorkloadPlan(plan.Peers, plan.PerSecond, plan.Pairs, plan.Idle, plan.Scenario.Absence), cluster.Nodes, history, random);
        string? failure = null;
        try
        {
            await workload.StartAsync();
            await plan.Scenario.ActAsync(Context(cluster, random, history));
            await cluster.ReadyAsync();
            await workload.DrainAsync();
            await Agreement.ReachAsync(cluster.Nodes, workload.Ids.ToHashSet());
        }
        catch (Exception end) when (end is TimeoutException or InvalidOperationException)
        {
            failure = end.Message;
        }
        if (owners is not null) await owners.RecordAsync(history);
        return new FaultResult(plan, HistoryChecker.Check(history.Events), failure, [.. cluster.Nodes.SelectMany(node => node.Complaints)], workload.Lateness, clock.Elapsed);
    }

    private static FaultContext Context(RunningCluster cluster, Random random, History history)
    {
        return new FaultContext(cluster.Nodes, random, PartAsync, HealAsync);

        async Task PartAsync(ClusterNode node, Cut cut)
        {
            var network = (Namespaces)cluster.Network;
            var alone = cluster.Nodes.ToList().IndexOf(node) + 1;
            int[] others = [.. Enumerable.Range(1, cluster.Nodes.Count).Where(number => number != alone)];
            history.Add(new Fault(FaultKind.Parted, node.Name, cut.ToString()));
            if (cut == Cut.OneWay) await network.CutAsync([alone], others);
            else await network.PartAsync([alone], cut == Cut.FromAll ? [.. others, Network.Database] : others);
        }

        async Task HealAsync()
        {
            await ((Namespaces)cluster.Network).HealAsync();
            history.Add(new Fault(FaultKind.Healed, ""));
        }
    }
}
