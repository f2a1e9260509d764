using Akka.Actor;
using Akka.Cluster.Sharding;
using Signaling.Cluster.Hosting;

namespace Signaling.Cluster.Mailboxes;

/// <summary>Counts what this node's shard region has.</summary>
internal sealed class ShardCountActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    public ShardCountActor(IActorRef region, ClusterMetrics metrics)
    {
        Receive<Count>(_ => region.Tell(GetShardRegionStats.Instance));
        Receive<ShardRegionStats>(counted => metrics.Counted(counted.Stats.Count, counted.Stats.Values.Sum()));
    }

    public ITimerScheduler Timers { get; set; } = null!;            // set by Akka before PreStart

    protected override void PreStart() => Timers.StartPeriodicTimer(nameof(Count), Count.Instance, Interval);

    private sealed record Count
    {
        public static readonly Count Instance = new();
    }
}
