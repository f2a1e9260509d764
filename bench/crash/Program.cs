using System.Diagnostics;
using System.Globalization;
using Signaling.Crash;

// dotnet run --project bench/crash -c Release -- [--kills 1000] [--seed 1] [--set path=value]…
var (kills, seed, settings) = (1_000, 1, new List<string>());
for (var i = 0; i + 1 < args.Length; i += 2)
{
    switch (args[i])
    {
        case "--kills": kills = int.Parse(args[i + 1], CultureInfo.InvariantCulture); break;
        case "--seed": seed = int.Parse(args[i + 1], CultureInfo.InvariantCulture); break;
        case "--set": settings.Add(args[i + 1]); break;
        default: throw new ArgumentException($"Unknown option {args[i]}.");
    }
}

var directory = Directory.CreateTempSubdirectory("signaling-crash-");
var clock = Stopwatch.StartNew();
var result = await CrashRun.RunAsync(new CrashPlan(kills, seed, settings), directory.FullName, kill =>
{
    if (kill % 50 == 0) Console.WriteLine($"{clock.Elapsed:hh\\:mm\\:ss} {kill} kills");
});

var delivery = result.Delivery;
Console.WriteLine($"""
    seed {seed}, {kills} kills in {clock.Elapsed:hh\:mm\:ss}
    attempts      {delivery.Attempts}
    acknowledged  {delivery.Acknowledged}
    lost          {Describe(delivery.Lost)}
    unexpected    {Describe(delivery.Unexpected)}
    duplicated    {Describe(delivery.Duplicated)}
    recovered     {delivery.Recovered}
    reordered     {Describe(delivery.Reordered)}
    besides: {result.SentAgain} sent again, {result.Ignored} came again and were ignored, {result.Refused} refused
    """);
foreach (var complaints in result.Complaints.GroupBy(line => line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..]).Take(20)) Console.WriteLine($"the node logged {complaints.Count()} times: {complaints.Key}");
if (delivery.IsValid) directory.Delete(recursive: true);
else Console.WriteLine($"the data directory is kept: {directory.FullName}");
return delivery.IsValid ? 0 : 1;

static string Describe(IReadOnlyList<Message> messages) =>
    messages.Count == 0 ? "0" : $"{messages.Count}, first {string.Join(", ", messages.Take(5).Select(message => $"{message.From} → {message.To} {message.Number}"))}";
