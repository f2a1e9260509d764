using BenchmarkDotNet.Attributes;
using Signaling.Bench.Micro.InMemory;

namespace Signaling.Bench.Micro;

/// <summary>One message on its way: the sender's connection, the recipient's mailbox, the recipient's connection and its socket, and the confirmation back.</summary>
public class RelayBenchmarks
{
    private const int Pairs = 50, Messages = 2_000, Window = 16;
    private const int Hops = 20_000;
    private MemoryNode _node = null!;
    private Relay _candidates = null!, _receipts = null!, _offers = null!, _onePair = null!;

    /// <summary>Connects the clients.</summary>
    [GlobalSetup]
    public async Task Connect()
    {
        _node = new MemoryNode();
        _candidates = await Relay.ConnectAsync(_node, Pairs, "candidate", (to, _) => Samples.Candidate(to));
        _receipts = await Relay.ConnectAsync(_node, Pairs, "receipt", Samples.WithReceipt);
        _offers = await Relay.ConnectAsync(_node, Pairs, "offer", (to, _) => Samples.Offer(to));
        _onePair = await Relay.ConnectAsync(_node, 1, "one", (to, _) => Samples.Candidate(to));
    }

    /// <summary>Ends the node.</summary>
    [GlobalCleanup]
    public Task Disconnect() => _node.DisposeAsync().AsTask();

    /// <summary>200 bytes.</summary>
    [Benchmark(OperationsPerInvoke = Pairs * Messages)]
    public Task Candidate() => _candidates.RunAsync(Messages, Window);

    /// <summary>200 bytes, of which a receipt is wanted.</summary>
    [Benchmark(OperationsPerInvoke = Pairs * Messages)]
    public Task CandidateWithReceipt() => _receipts.RunAsync(Messages, Window);

    /// <summary>4 KB.</summary>
    [Benchmark(OperationsPerInvoke = Pairs * Messages)]
    public Task Offer() => _offers.RunAsync(Messages, Window);

    /// <summary>200 bytes, and nothing else to do: every actor on the way has to be woken.</summary>
    [Benchmark(OperationsPerInvoke = Hops)]
    public Task OneAtATime() => _onePair.RunAsync(Hops, 1);
}
