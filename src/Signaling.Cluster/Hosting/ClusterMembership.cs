using Akka.Cluster;

namespace Signaling.Cluster.Hosting;

/// <summary>This node's place in the cluster. Safe for parallel use.</summary>
public sealed class ClusterMembership
{
    private volatile Akka.Cluster.Cluster? _cluster;
    private volatile bool _isLeaving;
    private volatile bool _wasRemoved;

    /// <summary>A member that works: it has joined, and does not leave.</summary>
    public bool IsUp => _cluster is { IsTerminated: false } cluster && cluster.SelfMember.Status == MemberStatus.Up;

    /// <summary>The others have removed it, or it has found itself on the smaller side of a partition: its process has to start anew.</summary>
    public bool WasRemoved => _wasRemoved;

    /// <summary>What it knows of all the nodes; null before it has started.</summary>
    internal ClusterEvent.CurrentClusterState? State => _cluster?.State;

    internal void Started(Akka.Cluster.Cluster cluster)
    {
        _cluster = cluster;
        cluster.RegisterOnMemberRemoved(() => _wasRemoved = !_isLeaving);
    }

    /// <summary>It goes by itself.</summary>
    internal void Leaving() => _isLeaving = true;
}
