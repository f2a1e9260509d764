using Akka.Actor;
using Akka.Cluster;

namespace Signaling.Cluster.Hosting;

/// <summary>This node's place in the cluster. Safe for parallel use.</summary>
public sealed class ClusterMembership
{
    private volatile Akka.Cluster.Cluster? _cluster;
    private volatile CoordinatedShutdown.Reason? _failure;

    /// <summary>A member that works: it has joined, and does not leave.</summary>
    public bool IsUp => _cluster is { IsTerminated: false } cluster && cluster.SelfMember.Status == MemberStatus.Up;

    /// <summary>The others have removed it, or it has found itself on the smaller side of a partition: its process has to start anew.</summary>
    public bool WasRemoved => _failure is CoordinatedShutdown.ClusterDowningReason;

    /// <summary>Why it ends without having been asked to, by Akka's name for it; null where it was asked, or does not end. Its process has to start anew.</summary>
    public string? Failure => _failure?.GetType().Name;

    /// <summary>What it knows of all the nodes; null before it has started.</summary>
    internal ClusterEvent.CurrentClusterState? State => _cluster?.State;

    internal void Started(Akka.Cluster.Cluster cluster) => _cluster = cluster;

    internal void Ends(CoordinatedShutdown.Reason reason)
    {
        if (reason is not CoordinatedShutdown.ActorSystemTerminateReason) _failure = reason; // which the host gives
    }
}
