using Akka.Actor;
using Akka.Cluster.Sharding;
using Signaling.Cluster.Hosting;

namespace Signaling.Cluster.Mailboxes;

/// <summary>Counts what this node's shard region has.</summary>
internal sealed class ShardCountActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan EndInterval = TimeSpan.FromMilliseconds(200);

    public ShardCountActor(IActorRef region, ClusterMailboxes mailboxes, ClusterMetrics metrics)
    {
        var isEnding = false;
        Receive<Count>(_ => region.Tell(GetShardRegionStats.Instance));
        Receive<ShardRegionStats>(counted =>
        {
            metrics.Counted(counted.Stats.Count, counted.Stats.Values.Sum());
            if (isEnding && (counted.Stats.Count == 0 || !mailboxes.HasSuccessor)) Context.Stop(Self);
        });
        Receive<StopWhenEmpty>(_ =>
        {
            isEnding = true;
            mailboxes.End();
            Timers.StartPeriodicTimer(nameof(Count), Count.Instance, TimeSpan.Zero, EndInterval);
        });
    }

    public ITimerScheduler Timers { get; set; } = null!;            // set by Akka before PreStart

    protected override void PreStart() => Timers.StartPeriodicTimer(nameof(Count), Count.Instance, Interval);

    /// <summary>The node ends: its shards are to go to others, as long as there is one; then stop.</summary>
    internal sealed record StopWhenEmpty
    {
        public static readonly StopWhenEmpty Instance = new();
    }

    private sealed record Count
    {
        public static readonly Count Instance = new();
    }
}
