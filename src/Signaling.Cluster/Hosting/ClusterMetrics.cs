using System.Diagnostics.Metrics;
using Signaling.Actors.Stats;
using Signaling.Cluster.Mailboxes;

namespace Signaling.Cluster.Hosting;

/// <summary>The instruments of a node's place in its cluster. Safe for parallel use.</summary>
internal sealed class ClusterMetrics
{
    private readonly Counter<long> _batchesResent;
    private long _shards, _mailboxes;

    public ClusterMetrics(IMeterFactory meters, ClusterMailboxes mailboxes, ClusterMembership membership)
    {
        var meter = meters.Create(SignalingMetrics.MeterName);
        meter.CreateObservableUpDownCounter("signaling.cluster.members", () => Members(membership), "{node}", "Nodes of the cluster as this one sees them, by status");
        meter.CreateObservableUpDownCounter("signaling.cluster.unreachable", () => membership.State?.Unreachable.Count ?? 0, "{node}", "Nodes that cannot be reached, of those");
        meter.CreateObservableUpDownCounter("signaling.cluster.shards", () => Interlocked.Read(ref _shards), "{shard}", "Shards on this node, counted every 10 s");
        meter.CreateObservableUpDownCounter("signaling.cluster.mailboxes", () => Interlocked.Read(ref _mailboxes), "{mailbox}", "Mailboxes on this node, counted every 10 s");
        meter.CreateObservableUpDownCounter("signaling.cluster.kept", () => mailboxes.KeptBytes, "By", "Messages kept until a mailbox elsewhere answers, or is found");
        meter.CreateObservableUpDownCounter("signaling.cluster.links.waiting", () => mailboxes.Links.Sum(link => link.WaitingBytes), "By", "What waits to be sent to other nodes");
        _batchesResent = meter.CreateCounter<long>("signaling.cluster.links.resent", "{batch}", "Batches sent to other nodes again, since no receipt came");
    }

    /// <summary>What this node's shard region has.</summary>
    public void Counted(int shards, int mailboxes) => (_shards, _mailboxes) = (shards, mailboxes);

    public void BatchesResent(int count) => _batchesResent.Add(count);

    private static IEnumerable<Measurement<int>> Members(ClusterMembership membership) =>
        from member in membership.State?.Members ?? []
        group member by member.Status into same
        select new Measurement<int>(same.Count(), new KeyValuePair<string, object?>("status", same.Key.ToString().ToLowerInvariant()));
}
