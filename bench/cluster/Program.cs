using System.Globalization;
using Signaling.ClusterFaults.Histories;
using Signaling.ClusterFaults.Processes;
using Signaling.ClusterFaults.Scenarios;

// dotnet run --project bench/cluster -c Release -- <scenario>|all [--runs 1] [--seed 1] [--nodes 3] [--peers 24] [--rate 1000] [--pairs 12] [--idle n] [--set path=value]… [--keep]
// dotnet run --project bench/cluster -c Release -- check <history.jsonl>
// Exit code 1: something was lost, doubled, out of order or owned twice. 2: all is well, but somebody was disturbed for too long.
if (args is ["check", var file])
{
    var report = HistoryChecker.Check(await History.ReadAsync(file));
    Describe(report);
    return report.Violations.Count == 0 ? 0 : 1;
}
var (name, runs, seed, nodes, isKept, settings) = (args.FirstOrDefault(), 1, 1, 3, false, new List<string>());
var chosen = name == "all" ? AllScenarios.Faults : [.. AllScenarios.List.Where(scenario => scenario.Name == name)];
if (chosen.Count == 0) throw new ArgumentException($"Say which: all, check, {string.Join(", ", AllScenarios.List.Select(scenario => scenario.Name))}.");
var plan = new FaultPlan(chosen[0], nodes, seed);
var (idle, rate) = ((int?)null, (int?)null);
for (var i = 1; i < args.Length; i++)
{
    switch (args[i])
    {
        case "--runs": runs = Number(++i); break;
        case "--seed": seed = Number(++i); break;
        case "--nodes": nodes = Number(++i); break;
        case "--peers": plan = plan with { Peers = Number(++i) }; break;
        case "--rate": rate = Number(++i); break;
        case "--pairs": plan = plan with { Pairs = Number(++i) }; break;
        case "--idle": idle = Number(++i); break;
        case "--set": settings.Add(args[++i]); break;
        case "--keep": isKept = true; break;
        default: throw new ArgumentException($"Unknown option {args[i]}.");
    }
}

var possible = chosen.Where(scenario => scenario.LeastNodes <= nodes).ToArray();
if (possible.Length == 0) throw new ArgumentException($"{name} takes {chosen[0].LeastNodes} nodes.");
if (possible.Any(scenario => scenario.NeedsNamespaces) && await Namespaces.WhyNotAsync() is { } reason)
{
    Console.Error.WriteLine($"SKIPPED: {string.Join(", ", possible.Where(scenario => scenario.NeedsNamespaces).Select(scenario => scenario.Name))}: {reason}");
    possible = [.. possible.Where(scenario => !scenario.NeedsNamespaces)];
    if (possible.Length == 0) return 3;
}

var results = new List<FaultResult>();
for (var run = 0; run < runs; run++)
{
    var scenario = possible[new Random(seed + run).Next(possible.Length)];
    var directory = Directory.CreateTempSubdirectory("signaling-cluster-");
    var result = await FaultRun.RunAsync(plan with { Scenario = scenario, Nodes = nodes, Seed = seed + run, Settings = settings, Idle = idle ?? scenario.Idle, PerSecond = rate ?? scenario.PerSecond }, directory.FullName);
    results.Add(result);
    Console.WriteLine(result);
    if (runs == 1 || !result.IsValid) Describe(result.Report);
    foreach (var complaints in result.Complaints.GroupBy(line => line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..]).Take(10)) Console.WriteLine($"  logged {complaints.Count()} times: {complaints.Key[..Math.Min(complaints.Key.Length, 250)]}");
    if (result.IsValid && !isKept) directory.Delete(recursive: true);
    else Console.WriteLine($"  history and logs: {directory.FullName}");
}
if (runs > 1)
{
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
        {runs} runs ({string.Join(", ", results.CountBy(result => result.Plan.Scenario.Name).Select(count => $"{count.Value} {count.Key}"))}): {results.Count(result => !result.IsValid)} violated, {results.Count(result => !result.IsInTime)} too late
        confirmed      {results.Sum(result => result.Report.Confirmed)}
        lost           {Total(ViolationKind.Lost, ViolationKind.SeqReused)}
        out of order   {Total(ViolationKind.Reordered)}
        duplicated     {Total(ViolationKind.Duplicated)}
        invented       {Total(ViolationKind.Invented, ViolationKind.Unasked)}
        clients ended  {Total(ViolationKind.Ended)}
        double owners  {Total(ViolationKind.DoubleOwner)} of {results.Sum(result => result.Report.Owned)} writes
        disturbed      at most {results.Max(result => result.Longest).TotalSeconds:0.00} s
        """));
}
return results.Exists(result => !result.IsValid) ? 1 : results.Exists(result => !result.IsInTime) ? 2 : 0;

int Number(int i) => int.Parse(args[i], CultureInfo.InvariantCulture);

int Total(params ViolationKind[] kinds) => results.Sum(result => result.Report.Count(kinds));

static void Describe(HistoryReport report)
{
    foreach (var kind in report.Violations.GroupBy(violation => violation.Kind))
    {
        foreach (var violation in kind.Take(10)) Console.WriteLine($"  {violation}");
        if (kind.Count() > 10) Console.WriteLine($"  and {kind.Count() - 10} more {kind.Key}");
    }
    foreach (var fault in report.Disturbances)
    {
        Console.WriteLine($"  {fault.Fault}: unreachable {fault.Unreachable}; disconnected {fault.Disconnected}{(fault.AfterVerdict is { } after ? $"; reached {after.TotalSeconds:0.00} s after the verdict" : "")}");
    }
}
