using System.Globalization;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Signaling.Bench.Micro;
using Signaling.Bench.Micro.Cluster;
using Signaling.Bench.Micro.Scale;

// dotnet run -c Release --project bench/micro --
//   [--filter '*Relay*']           by BenchmarkDotNet: time and allocated bytes; without a filter, everything
//   allocations                    bytes of a relayed message by type
//   scale [--peers 10000,50000,100000,500000] [--json FILE]
//                                  what a peer and a message cost among so many peers: a line of JSON for each number, also appended to the file
//   roster [PEERS]                 what a peer of another node costs: 200,000 of them, or so many
//   cluster [--nodes 3] [--peers 1000,10000,30000,100000] [--json FILE]
//                                  the same over several nodes in this process, and what a node that joins and leaves moves
switch (args)
{
    case ["allocations"]:
        await AllocatedTypes.PrintAsync();
        return 0;
    case ["roster", .. var number]:
        RosterMemory.Print(number is [var given] ? int.Parse(given, CultureInfo.InvariantCulture) : 200_000);
        return 0;
    case ["scale", .. var options]:
        var scale = Options(options, "10000,50000,100000,500000");
        return await ScaleCommand.RunAsync(["scale"], scale.Counts, scale.File, ScaleRun.MeasureAsync);
    case ["cluster", .. var options]:
        var cluster = Options(options, "1000,10000,30000,100000");
        return await ScaleCommand.RunAsync(["cluster", "--nodes", $"{cluster.Nodes}"], cluster.Counts, cluster.File, count => ClusterRun.MeasureAsync(cluster.Nodes, count));
    default:
        // In this process: its garbage collector is set as the node's, and no project is made and restored.
        var job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(4).WithIterationCount(8);
        var config = DefaultConfig.Instance.AddJob(job).AddDiagnoser(MemoryDiagnoser.Default);
        BenchmarkSwitcher.FromAssembly(typeof(RelayBenchmarks).Assembly).Run(args is [] ? ["--filter", "*"] : args, config);
        return 0;
}

static (int[] Counts, string? File, int Nodes) Options(string[] options, string defaultCounts)
{
    var (counts, file, nodes) = (defaultCounts, default(string), 3);
    for (var i = 0; i < options.Length; i += 2)
    {
        switch (options[i..])
        {
            case ["--peers", var value, ..]: counts = value; break;
            case ["--json", var value, ..]: file = value; break;
            case ["--nodes", var value, ..]: nodes = int.Parse(value, CultureInfo.InvariantCulture); break;
            default: throw new ArgumentException($"Unknown option {options[i]}, or nothing after it.");
        }
    }
    return ([.. counts.Split(',').Select(count => int.Parse(count, CultureInfo.InvariantCulture))], file, nodes);
}
