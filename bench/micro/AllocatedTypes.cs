using System.Collections.Concurrent;
using System.Diagnostics.Tracing;
using System.Globalization;
using Signaling.Bench.Micro.InMemory;

namespace Signaling.Bench.Micro;

/// <summary>Which types the bytes of a relayed message are of: the runtime names the type of one allocation in each 100 KB or so.</summary>
internal sealed class AllocatedTypes : EventListener
{
    private const EventKeywords Collector = (EventKeywords)1;
    private const int TypeName = 5;                                 // in the payload of GCAllocationTick_V4
    private const int Most = 25;
    private readonly ConcurrentDictionary<string, int> _samples = [];
    private EventSource? _runtime;

    /// <summary>Prints bytes a message by type, most first.</summary>
    public static async Task PrintAsync()
    {
        await using var node = new MemoryNode();
        await PrintAsync(node, "candidate", (to, _) => Samples.Candidate(to));
        await PrintAsync(node, "receipt", Samples.WithReceipt);
    }

    private static async Task PrintAsync(MemoryNode node, string name, Func<string, int, byte[]> message)
    {
        const int Pairs = 50, Messages = 20_000, Window = 16;
        var relay = await Relay.ConnectAsync(node, Pairs, name, message);
        await relay.RunAsync(Messages, Window);                     // until what is hot is compiled for good

        var before = GC.GetTotalAllocatedBytes(precise: true);
        await relay.RunAsync(Messages, Window);
        var bytes = GC.GetTotalAllocatedBytes(precise: true) - before;
        using var types = new AllocatedTypes();
        types.EnableEvents(types._runtime!, EventLevel.Verbose, Collector);
        await relay.RunAsync(Messages, Window);
        types.DisableEvents(types._runtime!);
        types.Print(name, (double)bytes / (Pairs * Messages));
    }

    /// <inheritdoc/>
    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "Microsoft-Windows-DotNETRuntime") _runtime = eventSource;
    }

    /// <inheritdoc/>
    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventName?.StartsWith("GCAllocationTick", StringComparison.Ordinal) != true) return;
        _samples.AddOrUpdate((string)eventData.Payload![TypeName]!, 1, static (_, count) => count + 1);
    }

    private void Print(string name, double bytes)
    {
        var all = _samples.Values.Sum();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: {bytes:F0} bytes a message"));
        foreach (var (type, samples) in _samples.OrderByDescending(type => type.Value).Take(Most))
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{bytes * samples / all,8:F1}  {type}"));
    }
}
