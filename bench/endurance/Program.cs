using System.Diagnostics;
using System.Globalization;
using Signaling.Endurance;

// dotnet run -c Release --project bench/endurance -- [--messages 10000] [--kills 50] [--cuts 200] [--seed 1]
var plan = new EndurancePlan(Messages: 10_000, Kills: 50, Cuts: 200, Seed: 1);
for (var i = 0; i + 1 < args.Length; i += 2)
{
    var value = int.Parse(args[i + 1], CultureInfo.InvariantCulture);
    plan = args[i] switch
    {
        "--messages" => plan with { Messages = value },
        "--kills" => plan with { Kills = value },
        "--cuts" => plan with { Cuts = value },
        "--seed" => plan with { Seed = value },
        _ => throw new ArgumentException($"Unknown option {args[i]}."),
    };
}

var directory = Directory.CreateTempSubdirectory("signaling-endurance-");
var (clock, told) = (Stopwatch.StartNew(), TimeSpan.Zero);
var result = await EnduranceRun.RunAsync(plan, directory.FullName, step =>
{
    if (clock.Elapsed - told < TimeSpan.FromSeconds(10)) return;
    told = clock.Elapsed;
    Console.WriteLine($"{told:hh\\:mm\\:ss} {step}");
});

var delivery = result.Delivery;
Console.WriteLine($"""
    seed {plan.Seed}, {plan.Kills} kills of the node, {plan.Cuts} cuts of a link, in {clock.Elapsed:hh\:mm\:ss}
    sent        {result.Sent}, {result.Stored} of them stored for a peer that was away
    delivered   {delivery.Delivered}
    lost        {delivery.Lost}
    duplicated  {delivery.Duplicated}
    reordered   {delivery.Reordered}
    besides: {result.Registrations} registrations
    """);
var isValid = delivery is { Lost: 0, Duplicated: 0, Reordered: 0 } && delivery.Delivered == result.Sent;
if (isValid) directory.Delete(recursive: true);
else Console.WriteLine($"the data directory is kept: {directory.FullName}");
return isValid ? 0 : 1;
