using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster.Sharding;

namespace Signaling.Cluster.Mailboxes;

/// <summary>Spreads the shards evenly over the nodes, and takes them from a node that ends few at a time before it leaves: Akka takes all of them at once when it leaves, and then the last
/// mailboxes of a large node are out of reach until all of them have moved.</summary>
/// <param name="even">What spreads them.</param>
/// <param name="atOnce">Most shards of one node that move at a time.</param>
/// <param name="isEnding">Whether the node of a region, by its address, says that it ends; no host for this one.</param>
internal sealed class GradualAllocation(IShardAllocationStrategy even, int atOnce, Func<Address, bool> isEnding) : IActorSystemDependentAllocationStrategy
{
    public void Start(ActorSystem system) => (even as IActorSystemDependentAllocationStrategy)?.Start(system);

    public Task<IActorRef> AllocateShard(IActorRef requester, string shardId, IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations)
    {
        var staying = Staying(currentShardAllocations);
        return even.AllocateShard(requester, shardId, staying.IsEmpty ? currentShardAllocations : staying);
    }

    public Task<IImmutableSet<string>> Rebalance(IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations, IImmutableSet<string> rebalanceInProgress)
    {
        var staying = Staying(currentShardAllocations);
        if (staying.IsEmpty || staying.Count == currentShardAllocations.Count) return even.Rebalance(currentShardAllocations, rebalanceInProgress);
        IImmutableSet<string> leaving = currentShardAllocations
            .Where(region => !staying.ContainsKey(region.Key))
            .SelectMany(region => region.Value.Where(shard => !rebalanceInProgress.Contains(shard)).Take(atOnce - region.Value.Count(rebalanceInProgress.Contains)))
            .ToImmutableHashSet();
        return Task.FromResult(leaving);
    }

    private ImmutableDictionary<IActorRef, IImmutableList<string>> Staying(IImmutableDictionary<IActorRef, IImmutableList<string>> regions) =>
        regions.Where(region => !isEnding(region.Key.Path.Address)).ToImmutableDictionary();
}
