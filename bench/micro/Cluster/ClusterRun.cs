using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Signaling.Actors.Mailboxes;
using Signaling.Bench.Micro.InMemory;
using Signaling.Bench.Micro.Scale;

namespace Signaling.Bench.Micro.Cluster;

/// <summary>So many peers register, spread over the nodes; exchange messages; are listed and watched; then a node joins and leaves, while messages go on.</summary>
internal sealed class ClusterRun
{
    private const int WarmUpPeers = 5_000;
    private const int Messages = 200_000;
    private const int AtOnce = 256;
    private const int Watched = 200;
    private const int ProbesPerSecond = 200;
    private const long Stride = 7_919;                              // a prime, as in ScaleRun
    private static readonly TimeSpan MoveTimeout = TimeSpan.FromMinutes(3);

    private readonly List<ClusterNode> _nodes = [];
    private readonly InMemoryMailboxStore _store = new(TimeProvider.System);
    private readonly ConcurrentDictionary<long, long> _probes = new();
    private readonly ConcurrentQueue<double> _latencies = new();
    private Client[] _clients = [];
    private ClosedLoop? _loop;
    private int _seed;

    /// <param name="nodes">How many nodes.</param>
    /// <param name="peers">How many peers.</param>
    public static async Task<ClusterResult> MeasureAsync(int nodes, int peers)
    {
        var run = new ClusterRun();
        await run.StartAsync(nodes);
        return await run.MeasureAsync(peers);
    }

    private async Task StartAsync(int nodes)
    {
        _seed = ClusterNode.FreePort();
        for (var i = 0; i < nodes; i++) _nodes.Add(await ClusterNode.StartAsync(i == 0 ? _seed : ClusterNode.FreePort(), _seed, _store));
        await BalancedAsync(nodes);
    }

    private async Task<ClusterResult> MeasureAsync(int peers)
    {
        var nodes = _nodes.Count;
        _clients = new Client[WarmUpPeers + peers];
        await JoinAsync(0, WarmUpPeers);
        await RelayAsync(WarmUpPeers, Messages / 4);
        await KnownAsync(WarmUpPeers);
        var empty = Memory.Settle();
        var joined = await Cost.OfAsync(() => JoinAsync(WarmUpPeers, peers));
        var known = await KnownAsync(WarmUpPeers + peers);
        var full = Memory.Settle();
        var relayed = await Cost.OfAsync(() => RelayAsync(_clients.Length, Messages));
        var presence = await WatchAsync();
        var page = await PageAsync();
        var (shards, joinedIn, leftIn) = nodes > 1 ? await JoinAndLeaveAsync() : (0, TimeSpan.Zero, TimeSpan.Zero);
        var result = new ClusterResult(
            nodes, peers, Math.Round(peers / joined.Time.TotalSeconds), joined.MicrosecondsEach(peers), Milliseconds(known), Math.Round((double)(full.Heap - empty.Heap) / peers),
            Math.Round(Messages / relayed.Time.TotalSeconds), relayed.MicrosecondsEach(Messages),
            Quantile(presence, 0.5), Quantile(presence, 0.99), Milliseconds(page), shards, Math.Round(joinedIn.TotalSeconds, 1), _latencies.IsEmpty ? 0 : Math.Round(_latencies.Max(), 1),
            Math.Round(leftIn.TotalSeconds, 1), _probes.Count, Math.Round(Memory.PeakResident / 1_048_576.0));
        foreach (var node in _nodes) await node.DisposeAsync();
        return result;
    }

    private Task JoinAsync(int first, int count) => LoopAsync(count, number =>
    {
        var client = _clients[first + number] = new Client(this, first + number);
        _nodes[number % _nodes.Count].Connect(client);
    });

    private Task RelayAsync(int peers, int messages) => LoopAsync(messages, number =>
        _clients[(int)(number * Stride % peers)].Says(Samples.Candidate(Client.Id((int)((number + 1) * Stride * 31 % peers)))));

    private Task LoopAsync(int count, Action<int> begin)
    {
        _loop = new ClosedLoop(count, AtOnce, begin);
        return _loop.RunAsync();
    }

    /// <summary>Until a client of every node is told of all.</summary>
    private async Task<TimeSpan> KnownAsync(int peers)
    {
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < _nodes.Count; i++)
        {
            while (await _clients[i].CountPeersAsync() < peers - 1) await Task.Delay(5);
        }
        return Stopwatch.GetElapsedTime(start);
    }

    /// <summary>A client of the last node watches peers that register one after the other with the first.</summary>
    private async Task<List<double>> WatchAsync()
    {
        var watcher = new Watcher(this, -1);
        _nodes[^1].Connect(watcher);
        await watcher.Registered;
        var latencies = new List<double>();
        for (var i = 0; i < Watched; i++)
        {
            var told = watcher.WatchAsync($"watched{i}");
            await Task.Delay(5);
            var start = Stopwatch.GetTimestamp();
            _nodes[0].Connect(new Client(this, -2, $"watched{i}"));
            await told;
            latencies.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        return latencies;
    }

    private async Task<TimeSpan> PageAsync()
    {
        var longest = TimeSpan.Zero;
        for (var i = 0; i < 50; i++)
        {
            var start = Stopwatch.GetTimestamp();
            await _clients[i].CountPeersAsync(Client.Id(i * 17 % _clients.Length));
            longest = TimeSpan.FromTicks(Math.Max(longest.Ticks, Stopwatch.GetElapsedTime(start).Ticks));
        }
        return longest;
    }

    private async Task<(int Shards, TimeSpan Joined, TimeSpan Left)> JoinAndLeaveAsync()
    {
        using var stop = new CancellationTokenSource();
        var probing = ProbeAsync(stop.Token);
        var newcomer = await ClusterNode.StartAsync(ClusterNode.FreePort(), _seed, _store);
        var start = Stopwatch.GetTimestamp();
        _nodes.Add(newcomer);
        await BalancedAsync(_nodes.Count);
        var (shards, joined) = (await newcomer.CountShardsAsync(), Stopwatch.GetElapsedTime(start));
        start = Stopwatch.GetTimestamp();
        _nodes.Remove(newcomer);
        await newcomer.DisposeAsync();
        var left = Stopwatch.GetElapsedTime(start);
        await Task.Delay(TimeSpan.FromSeconds(2), CancellationToken.None);
        await stop.CancelAsync();
        await probing;
        return (shards, joined, left);
    }

    /// <summary>Until every node has its share of the shards, or they move no more.</summary>
    private async Task BalancedAsync(int nodes)
    {
        var patience = Stopwatch.StartNew();
        var shards = new Signaling.Cluster.Hosting.ClusterOptions().Shards;
        while (patience.Elapsed < MoveTimeout)
        {
            var counts = await Task.WhenAll(_nodes.Select(node => node.CountShardsAsync()));
            if (counts.Min() >= 0.8 * counts.Sum() / nodes && (counts.Sum() == shards || _clients.Length == 0)) return;
            await Task.Delay(200);
        }
    }

    private async Task ProbeAsync(CancellationToken stop)
    {
        var random = new Random(1);
        for (long number = 0; !stop.IsCancellationRequested; number++)
        {
            _probes[number] = Stopwatch.GetTimestamp();
            _clients[random.Next(_clients.Length)].Says(Samples.Candidate(Client.Id(random.Next(_clients.Length)), $",\"probe\":{number}"));
            await Task.Delay(1_000 / ProbesPerSecond, CancellationToken.None);
        }
        for (var patience = 0; patience < 100 && !_probes.IsEmpty; patience++) await Task.Delay(100, CancellationToken.None);
    }

    private void Arrived(ReadOnlySpan<byte> json)
    {
        var at = json.IndexOf("\"probe\":"u8);
        if (at < 0)
        {
            _loop!.Done();
            return;
        }
        if (Utf8Number(json[(at + 8)..]) is { } number && _probes.TryRemove(number, out var sent)) _latencies.Enqueue(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
    }

    private static long? Utf8Number(ReadOnlySpan<byte> text) =>
        System.Buffers.Text.Utf8Parser.TryParse(text, out long number, out _) ? number : null;

    private static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 2);

    private static double Quantile(List<double> values, double quantile)
    {
        values.Sort();
        return Math.Round(values[(int)(quantile * (values.Count - 1))], 2);
    }

    private class Client(ClusterRun run, int number, string? id = null) : MemorySocket
    {
        private TaskCompletionSource<int>? _counted;

        public static string Id(int number) => number.ToString("0000000", CultureInfo.InvariantCulture);

        /// <summary>How many peers there are beside this one, by a page of the list.</summary>
        public async Task<int> CountPeersAsync(string after = "0")
        {
            var counted = _counted = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
            Says(Encoding.UTF8.GetBytes($$"""{"type":"get-peers","limit":100,"after":"{{after}}"}"""));
            return await counted.Task.WaitAsync(TimeSpan.FromSeconds(30));
        }

        protected override void OnStarted() => Register(id ?? Id(number));

        protected override void OnSent(ReadOnlySpan<byte> utf8)
        {
            if (IsRegistered(utf8))
            {
                if (number >= 0) run._loop!.Done();
                OnRegistered();
            }
            else if (_counted is { } counted && utf8.LastIndexOf("\"total\":"u8) is var at and >= 0)
            {
                _counted = null;
                counted.SetResult((int)(Utf8Number(utf8[(at + 8)..]) ?? -1));
            }
        }

        protected virtual void OnRegistered()
        {
        }

        protected override void OnDelivered(ReadOnlySpan<byte> utf8) => run.Arrived(utf8);
    }

    private sealed class Watcher(ClusterRun run, int number) : Client(run, number, "watcher")
    {
        private readonly TaskCompletionSource _registered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private TaskCompletionSource? _told;

        public Task Registered => _registered.Task;

        public Task WatchAsync(string peer)
        {
            var told = _told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Says(Encoding.UTF8.GetBytes($$"""{"type":"watch","peers":["{{peer}}"]}"""));
            return told.Task.WaitAsync(TimeSpan.FromSeconds(30));
        }

        protected override void OnStarted() => Says("""{"type":"register","peerId":"watcher","presence":"watched"}"""u8.ToArray());

        protected override void OnRegistered() => _registered.TrySetResult();

        protected override void OnTold() => _told?.TrySetResult();
    }
}
