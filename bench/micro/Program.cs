using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Signaling.Bench.Micro;

// dotnet run -c Release --project bench/micro --
//   [--filter '*Relay*']           by BenchmarkDotNet: time and allocated bytes; without a filter, everything
//   allocations                    bytes of a relayed message by type
switch (args)
{
    case ["allocations"]:
        await AllocatedTypes.PrintAsync();
        return 0;
    default:
        // In this process: its garbage collector is set as the node's, and no project is made and restored.
        var job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(4).WithIterationCount(8);
        var config = DefaultConfig.Instance.AddJob(job).AddDiagnoser(MemoryDiagnoser.Default);
        BenchmarkSwitcher.FromAssembly(typeof(RelayBenchmarks).Assembly).Run(args is [] ? ["--filter", "*"] : args, config);
        return 0;
}
