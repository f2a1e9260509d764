using System.Diagnostics;
using Signaling.ClusterFaults.Histories;
using Signaling.ClusterFaults.Processes;

namespace Signaling.ClusterFaults.Workloads;

/// <summary>Who takes part in a run, and how much they say.</summary>
/// <param name="Peers">Write to each other at random; of every kind of client.</param>
/// <param name="PerSecond">Their messages, all together.</param>
/// <param name="Pairs">Of peers that never go by themselves, the first of which writes to the second every 100 ms, whatever happens: they measure.</param>
/// <param name="Idle">Registered, and silent.</param>
/// <param name="Absence">How half of the <paramref name="Peers"/> come and go.</param>
internal sealed record WorkloadPlan(int Peers, int PerSecond, int Pairs, int Idle, Absence Absence);

/// <summary>The clients of a run.</summary>
internal sealed class Workload : IAsyncDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan IdleHeartbeat = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Connect at once, each.</summary>
    private const int Batch = 200;

    private readonly WorkloadPlan _plan;
    private readonly History _history;
    private readonly Random _random;
    private readonly IPeer[] _peers;
    private readonly (IPeer From, IPeer To)[] _pairs;
    private readonly IPeer[] _all;
    private readonly CancellationTokenSource _quiet = new();
    private readonly CancellationTokenSource _end = new();
    private Task _working = Task.CompletedTask;

    public Workload(WorkloadPlan plan, IReadOnlyList<ClusterNode> nodes, History history, Random random)
    {
        (_plan, _history, _random) = (plan, history, random);
        _peers = [.. Enumerable.Range(0, plan.Peers).Select(i => i % 4 == 3
            ? (IPeer)new ClientPeer($"client-{i}", Heartbeat, nodes, i % nodes.Count, history)
            : Raw($"peer-{i}", i % 4 == 1 ? PeerKind.Original : PeerKind.Acks, i % 4 == 2 || i % 8 == 1 ? plan.Absence : Absence.Never, Heartbeat, i))];
        _pairs = [.. Enumerable.Range(0, plan.Pairs).Select(i =>
            (Raw($"prober-{i}", PeerKind.Acks, Absence.Never, Heartbeat, i), Raw($"probed-{i}", i % 2 == 0 ? PeerKind.Acks : PeerKind.Original, Absence.Never, Heartbeat, i + 1)))];
        IPeer[] idle = [.. Enumerable.Range(0, plan.Idle).Select(i => Raw($"idle-{i}", PeerKind.Acks, Absence.Never, IdleHeartbeat, i))];
        _all = [.. _peers, .. _pairs.Select(pair => pair.From), .. _pairs.Select(pair => pair.To), .. idle];

        IPeer Raw(string id, PeerKind kind, Absence absence, TimeSpan heartbeat, int first) =>
            new Peer(id, kind, absence, heartbeat, nodes, first % nodes.Count, history, new Random(random.Next()));
    }

    /// <summary>Those that are connected in the end.</summary>
    public IEnumerable<string> Ids => _all.Select(peer => peer.Id);

    /// <summary>By how much a measuring message left later than it was due, at most: a machine that has no time for this process measures itself.</summary>
    public TimeSpan Lateness { get; private set; }

    /// <summary>Connects everybody and begins to send.</summary>
    public async Task StartAsync()
    {
        foreach (var batch in _all.Chunk(Batch)) await Task.WhenAll(batch.Select(peer => peer.StartAsync())).WaitAsync(Patience);
        _working = Task.WhenAll(SendAsync(), ProbeAsync(), LookAfterConnectionsAsync());
    }

    /// <summary>Sends no more. Completes when every message has its answer, and everybody has everything.</summary>
    /// <exception cref="TimeoutException">Somebody does not get there.</exception>
    public async Task DrainAsync()
    {
        await _quiet.CancelAsync();
        try
        {
            await AllAsync("has its answers", peer => peer.SettleAsync());
        }
        finally
        {
            await AllAsync("is drained", peer => peer.DrainAsync()); // in any case: what is called lost then is
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _quiet.CancelAsync();
        await _end.CancelAsync();
        await Task.WhenAll(_all.Select(peer => peer.DisposeAsync().AsTask()));
        await _working;
        _quiet.Dispose();
        _end.Dispose();
    }

    private async Task AllAsync(string what, Func<IPeer, Task> act)
    {
        var tasks = _all.Select(act).ToArray();
        try
        {
            await Task.WhenAll(tasks).WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            string[] late = [.. _all.Where((_, i) => !tasks[i].IsCompleted).Select(peer => peer.Id)];
            throw new TimeoutException($"Within {Patience.TotalSeconds} s {late.Length} of {_all.Length} peers do not get so far that each {what}: {string.Join(", ", late.Take(10))}.");
        }
    }

    private async Task SendAsync()
    {
        using var timer = new PeriodicTimer(Tick);
        var (clock, sent) = (Stopwatch.StartNew(), 0L);
        while (!_quiet.IsCancellationRequested && _peers.Length > 1)
        {
            await timer.WaitForNextTickAsync();
            for (var due = (long)(clock.Elapsed.TotalSeconds * _plan.PerSecond); sent < due; sent++)
            {
                var from = _random.Next(_peers.Length);
                var to = (from + _random.Next(1, _peers.Length)) % _peers.Length;
                _peers[from].Offer(_peers[to].Id, due: null);
            }
        }
    }

    private async Task ProbeAsync()
    {
        using var timer = new PeriodicTimer(Tick);
        var (begin, interval) = (_history.Now, (long)ProbeInterval.TotalNanoseconds);
        var next = _pairs.Select((_, i) => begin + interval * i / _pairs.Length).ToArray();
        while (!_quiet.IsCancellationRequested)
        {
            await timer.WaitForNextTickAsync();
            for (var i = 0; i < _pairs.Length; i++)
            {
                for (var now = _history.Now; next[i] <= now; next[i] += interval)
                {
                    if (TimeSpan.FromMicroseconds((now - next[i]) / 1_000.0) is var late && late > Lateness) Lateness = late;
                    _pairs[i].From.Offer(_pairs[i].To.Id, next[i]);
                }
            }
        }
    }

    private async Task LookAfterConnectionsAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            await Task.Delay(Heartbeat / 2);
            foreach (var peer in _all) peer.LookAfterConnection();
        }
    }
}
