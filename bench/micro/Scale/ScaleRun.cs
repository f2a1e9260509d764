using System.Globalization;
using Signaling.Bench.Micro.InMemory;

namespace Signaling.Bench.Micro.Scale;

/// <summary>So many peers register with one node, then two and two of them exchange messages, then some more join.</summary>
internal sealed class ScaleRun(MemoryNode node, int peers)
{
    private const int WarmUpPeers = 20_000, WarmUpMessages = 400_000;
    private const int Messages = 1_000_000;
    private const int Joins = 5_000;
    private const int JoiningAtOnce = 256, MessagesAtOnce = 256;

    /// <summary>A prime: consecutive messages are of peers that have nothing to do with each other, and all have their turn.</summary>
    private const long Stride = 7_919;

    private readonly Client[] _clients = new Client[peers + Joins];
    private readonly int[] _partners = Pairs(peers);
    private ClosedLoop? _loop;
    private long _told;

    /// <summary>Measures, in a process that has measured nothing before.</summary>
    public static async Task<ScaleResult> MeasureAsync(int peers)
    {
        await WarmUpAsync();
        await Task.Yield();                                         // off the stack of the node that has ended, which holds its actors
        return await new ScaleRun(new MemoryNode(), peers).MeasureAsync();
    }

    /// <summary>Until the code is compiled for what it does, on a node that is gone when it is measured.</summary>
    private static async Task WarmUpAsync()
    {
        await using var node = new MemoryNode();
        var run = new ScaleRun(node, WarmUpPeers);
        await run.JoinAsync(0, WarmUpPeers);
        await run.RelayAsync(WarmUpMessages);
    }

    private async Task<ScaleResult> MeasureAsync()
    {
        var empty = Memory.Settle();
        var registered = await Cost.OfAsync(() => JoinAsync(0, peers));
        SpinWait.SpinUntil(() => node.Peers == peers);              // the directory may have some of them yet to hear of
        var told = Interlocked.Read(ref _told);
        var full = Memory.Settle();
        var first = await Cost.OfAsync(() => RelayAsync(peers));
        var paired = Memory.Settle();
        var relayed = await Cost.OfAsync(() => RelayAsync(Messages));
        Interlocked.Exchange(ref _told, 0);                         // what was still to be read
        var joined = await Cost.OfAsync(() => JoinAsync(peers, Joins));
        return new ScaleResult(
            peers, Math.Round(peers / registered.Time.TotalSeconds), told,
            Math.Round((double)(full.Heap - empty.Heap) / peers), Math.Round((double)(full.Resident - empty.Resident) / peers), Math.Round((double)(paired.Heap - empty.Heap) / peers),
            Math.Round(Memory.PeakResident / 1_048_576.0),
            Math.Round(Messages / relayed.Time.TotalSeconds), relayed.MicrosecondsEach(Messages), first.MicrosecondsEach(peers), Math.Round(100 * (relayed.Paused / relayed.Time), 1),
            joined.MicrosecondsEach(Joins), (double)_told / Joins);
    }

    private Task JoinAsync(int first, int count) => LoopAsync(count, JoiningAtOnce, number =>
    {
        var client = _clients[first + number] = new Client(this, first + number);
        node.Connect(client);
    });

    private Task RelayAsync(int messages) => LoopAsync(messages, MessagesAtOnce, number =>
    {
        var sender = (int)(number * Stride % peers);
        _clients[sender].Says(Client.MessageTo(_partners[sender]));
    });

    private Task LoopAsync(int count, int atOnce, Action<int> begin)
    {
        _loop = new ClosedLoop(count, atOnce, begin);
        return _loop.RunAsync();
    }

    /// <summary>Each one's partner, at random.</summary>
    private static int[] Pairs(int peers)
    {
        var (order, partners) = (Enumerable.Range(0, peers).ToArray(), new int[peers]);
        new Random(1).Shuffle(order);
        for (var i = 0; i + 1 < peers; i += 2) (partners[order[i]], partners[order[i + 1]]) = (order[i + 1], order[i]);
        return partners;
    }

    private sealed class Client(ScaleRun run, int number) : MemorySocket
    {
        private const string Digits = "0000000";
        private static readonly byte[] Message = Samples.Candidate(Digits);
        private static readonly int Recipient = Message.AsSpan().IndexOf("0000000"u8);

        /// <summary>Written as a transport would have received it, at the cost of its bytes.</summary>
        public static byte[] MessageTo(int number)
        {
            var message = Message.AsSpan().ToArray();
            for (var i = Recipient + Digits.Length - 1; number > 0; i--, number /= 10) message[i] = (byte)('0' + (number % 10));
            return message;
        }

        protected override void OnStarted() => Register(number.ToString(Digits, CultureInfo.InvariantCulture));

        protected override void OnSent(ReadOnlySpan<byte> utf8)
        {
            if (IsRegistered(utf8)) run._loop!.Done();
        }

        protected override void OnDelivered(ReadOnlySpan<byte> utf8) => run._loop!.Done();

        protected override void OnTold() => Interlocked.Increment(ref run._told);
    }
}
