using Akka.Cluster;

namespace Signaling.Cluster.Hosting;

/// <summary>This node's place in the cluster. Safe for parallel use.</summary>
public sealed class ClusterMembership
{
    private volatile Akka.Cluster.Cluster? _cluster;

    /// <summary>A member that works: it has joined, and does not leave.</summary>
    public bool IsUp => _cluster is { IsTerminated: false } cluster && cluster.SelfMember.Status == MemberStatus.Up;

    /// <summary>The others have removed it, or it has found itself on the smaller side of a partition: its process has to start anew.</summary>
    public bool WasRemoved { get; private set; }

    internal void Started(Akka.Cluster.Cluster cluster)
    {
        _cluster = cluster;
        cluster.RegisterOnMemberRemoved(() => WasRemoved = cluster.SelfMember.Status is not (MemberStatus.Leaving or MemberStatus.Exiting) && !_isLeaving);
    }

    private volatile bool _isLeaving;

    /// <summary>It goes by itself.</summary>
    internal void Leaving() => _isLeaving = true;
}
