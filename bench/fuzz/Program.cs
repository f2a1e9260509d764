using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Signaling.Fuzz.Engine;
using Signaling.Fuzz.Targets;

// dotnet run -c Release --project bench/fuzz -- [--target all|name] [--inputs 1000000] [--seconds 7200] [--seed 1]     both bounds are those of all targets together
// dotnet run -c Release --project bench/fuzz -- --replay artifacts/fuzz/<target>/<hash>
var (name, inputs, seconds, seed, replay) = ("all", 1_000_000L, 7_200, 1, "");
for (var i = 0; i + 1 < args.Length; i += 2)
{
    switch (args[i])
    {
        case "--target": name = args[i + 1]; break;
        case "--inputs": inputs = long.Parse(args[i + 1], CultureInfo.InvariantCulture); break;
        case "--seconds": seconds = int.Parse(args[i + 1], CultureInfo.InvariantCulture); break;
        case "--seed": seed = int.Parse(args[i + 1], CultureInfo.InvariantCulture); break;
        case "--replay": replay = args[i + 1]; break;
        default: throw new ArgumentException($"Unknown option {args[i]}.");
    }
}
return replay.Length > 0 ? Replay(replay) : FuzzAll();

int FuzzAll()
{
    var chosen = FuzzTargets.All.Where(target => name == "all" || name == target.Key).ToArray();
    if (chosen.Length == 0) throw new ArgumentException($"There is no target {name}, only {string.Join(", ", FuzzTargets.All.Keys)}.");
    var shares = chosen.Sum(target => target.Value.Share);
    var failures = 0;
    foreach (var (_, (create, share)) in chosen) failures += Fuzz(create, inputs * share / shares, TimeSpan.FromSeconds((double)seconds / chosen.Length));
    Console.WriteLine(failures == 0 ? "no failures" : $"{failures} failures");
    return failures == 0 ? 0 : 1;
}

int Fuzz(Func<IFuzzTarget> create, long count, TimeSpan time)
{
    const int Step = 1_000;
    const long MostLiveBytes = 300_000_000;                         // the seeds that were found, and a node, take 40 MB
    using var target = create();
    var run = FuzzTargets.Start(target, seed);
    using var watchdog = new Watchdog(run, TimeSpan.FromSeconds(10), input =>
    {
        Console.WriteLine($"{target.Name}: an input hangs: {Save(target.Name, input.ToArray())}");
        Environment.Exit(1);
    });
    var (clock, told, most) = (Stopwatch.StartNew(), TimeSpan.Zero, 0L);
    while (run.Inputs < count && clock.Elapsed < time && run.Failures.Count < FuzzRun.MostFailures)
    {
        run.Run(Math.Min(Step, count - run.Inputs));
        if (clock.Elapsed - told < TimeSpan.FromSeconds(30)) continue;
        told = clock.Elapsed;
        most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true));
        Console.WriteLine($"  {target.Name}: {run.Inputs:N0} inputs in {clock.Elapsed:hh\\:mm\\:ss}");
    }

    var speed = run.Inputs / clock.Elapsed.TotalSeconds;
    most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true));
    Console.WriteLine($"{target.Name}: {run.Inputs:N0} inputs of seed {seed} in {clock.Elapsed:hh\\:mm\\:ss}, {speed:N0}/s, {run.Found:N0} became seeds, {most / 1e6:N0} MB live at most, {run.Failures.Count} failures");
    foreach (var (outcome, times) in run.Outcomes.Counts) Console.WriteLine($"  {times,12:N0} {outcome}");
    foreach (var failure in run.Failures) Console.WriteLine($"  input {failure.Number:N0}, {Save(target.Name, failure.Input)}: {failure.Reason}");
    if (most > MostLiveBytes) Console.WriteLine($"  memory grows: more than {MostLiveBytes / 1e6:N0} MB");
    return run.Failures.Count + (most > MostLiveBytes ? 1 : 0);
}

static int Replay(string file)
{
    var (create, _) = FuzzTargets.All[Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(file)))!];
    using var target = create();
    var outcomes = new Outcomes();
    target.Run(File.ReadAllBytes(file), outcomes);                  // what it throws ends the process with its trace
    foreach (var (outcome, _) in outcomes.Counts) Console.WriteLine(outcome);
    return 0;
}

static string Save(string target, byte[] input)
{
    var file = Path.Combine(Directory.CreateDirectory(Path.Combine("artifacts", "fuzz", target)).FullName, Convert.ToHexStringLower(SHA256.HashData(input))[..16]);
    File.WriteAllBytes(file, input);
    return file;
}
