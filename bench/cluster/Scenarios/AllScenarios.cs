using Signaling.ClusterFaults.Workloads;

namespace Signaling.ClusterFaults.Scenarios;

/// <summary>The scenarios by name.</summary>
internal static class AllScenarios
{
    /// <summary>Of a rolling restart.</summary>
    private static readonly TimeSpan RollingTarget = TimeSpan.FromSeconds(2);

    public static IReadOnlyList<Scenario> List { get; } =
    [
        new("relay", context => context.DelayAsync(8, 8)) { Absence = Absence.Never },
        new("takeover", context => context.DelayAsync(10, 10)) { Absence = Absence.Overtakes },
        new("offline", context => context.DelayAsync(10, 10)) { Absence = Absence.Leaves },
        new("kill", KillAsync),
        new("drain", DrainAsync),
        new("rolling", RollAsync) { Absence = Absence.Never, Idle = 5_000, PerSecond = 100, Target = RollingTarget },
        new("partition", context => PartAsync(context, Cut.FromAll)) { NeedsNamespaces = true, LeastNodes = 3 },
        new("partition-with-database", context => PartAsync(context, Cut.FromNodes)) { NeedsNamespaces = true, LeastNodes = 3 },
        new("partition-one-way", context => PartAsync(context, Cut.OneWay)) { NeedsNamespaces = true, LeastNodes = 3 },
        new("stall", StallAsync),
    ];

    /// <summary>Those that <c>all</c> takes its turns from.</summary>
    public static IReadOnlyList<Scenario> Faults { get; } = [.. List.Where(scenario => scenario.Name is "kill" or "drain" or "stall" || scenario.NeedsNamespaces)];

    public static Scenario Named(string name) => List.Single(scenario => scenario.Name == name);

    private static async Task KillAsync(FaultContext context)
    {
        for (var kill = 0; kill < 2; kill++)
        {
            await context.DelayAsync(1, 4);
            var node = context.AnyNode();
            await node.KillAsync();
            await context.DelayAsync(0, 12);                        // sometimes back before the others have noticed
            node.Start();
            await node.ReadyAsync();
        }
        await context.DelayAsync(2, 2);
    }

    private static async Task DrainAsync(FaultContext context)
    {
        for (var leave = 0; leave < 2; leave++)
        {
            await context.DelayAsync(1, 4);
            var node = context.AnyNode();
            await node.TerminateAsync();
            await context.DelayAsync(0, 5);
            node.Start();
            await node.ReadyAsync();
        }
        await context.DelayAsync(2, 2);
    }

    private static async Task RollAsync(FaultContext context)
    {
        foreach (var node in context.Nodes)
        {
            await context.DelayAsync(2, 2);
            await node.TerminateAsync();
            node.Start();
            await node.ReadyAsync();
        }
        await context.DelayAsync(3, 3);
    }

    private static async Task PartAsync(FaultContext context, Cut cut)
    {
        await context.DelayAsync(2, 4);
        await context.PartAsync(context.AnyNode(), cut);
        await context.DelayAsync(5, 30);                            // sometimes over before anybody has decided anything
        await context.HealAsync();
        await context.DelayAsync(5, 5);
    }

    private static async Task StallAsync(FaultContext context)
    {
        await context.DelayAsync(2, 4);
        var node = context.AnyNode();
        node.Stop();
        await context.DelayAsync(5, 30);
        node.Continue();
        await context.DelayAsync(5, 5);
    }
}
