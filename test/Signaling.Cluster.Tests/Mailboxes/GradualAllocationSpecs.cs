using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster.Sharding;
using Signaling.Cluster.Mailboxes;
using Signaling.Cluster.Tests.Wire;

namespace Signaling.Cluster.Tests.Mailboxes;

/// <summary>Where shards go: a node that ends gets none, and is rid of what it has step by step.</summary>
public sealed class GradualAllocationSpecs
{
    private const int AtOnce = 3;
    private readonly Recorder _here = new("here");                  // this node's region has no host
    private readonly Region _there = new(9_001), _elsewhere = new(9_002);
    private readonly HashSet<IActorRef> _ending = [];
    private readonly Even _even = new();
    private readonly GradualAllocation _allocation;

    public GradualAllocationSpecs() => _allocation = new GradualAllocation(_even, AtOnce, address => _ending.Any(region => region.Path.Address.Equals(address)));

    [Fact]
    public async Task A_node_that_ends_gets_no_shard()
    {
        _ending.UnionWith([_here, _there]);

        var chosen = await _allocation.AllocateShard(_here, "1", Shards((_here, 0), (_there, 0), (_elsewhere, 5)));

        Assert.Equal(_elsewhere, chosen);
    }

    [Fact]
    public async Task Where_all_end_a_shard_still_goes_somewhere()
    {
        _ending.UnionWith([_here, _there]);

        var chosen = await _allocation.AllocateShard(_here, "1", Shards((_here, 4), (_there, 0)));
        var moved = await _allocation.Rebalance(Shards((_here, 4), (_there, 0)), []);

        Assert.Equal(_there, chosen);
        Assert.Equal(["even"], moved);
    }

    [Fact]
    public async Task As_long_as_none_ends_shards_are_spread_evenly()
    {
        Assert.Equal(_there, await _allocation.AllocateShard(_here, "1", Shards((_here, 4), (_there, 0))));
        Assert.Equal(["even"], await _allocation.Rebalance(Shards((_here, 4), (_there, 0)), []));
    }

    [Fact]
    public async Task A_node_that_ends_is_rid_of_its_shards_few_at_a_time()
    {
        _ending.UnionWith([_here, _there]);
        var shards = Shards((_here, 7), (_there, 2), (_elsewhere, 5));
        var steps = new List<int>();
        while (shards.Where(region => _ending.Contains(region.Key)).Any(region => region.Value.Count > 0))
        {
            var moving = await _allocation.Rebalance(shards, []);
            Assert.NotEmpty(moving);
            Assert.DoesNotContain(moving, shards[_elsewhere].Contains);
            steps.Add(moving.Count);
            foreach (var region in _ending) shards = shards.SetItem(region, shards[region].RemoveRange(moving));
        }

        Assert.Equal([AtOnce + 2, AtOnce, 1], steps);
    }

    [Fact]
    public async Task Those_that_are_on_their_way_count()
    {
        _ending.Add(_here);
        var shards = Shards((_here, 7), (_there, 0));

        var first = await _allocation.Rebalance(shards, []);
        var then = await _allocation.Rebalance(shards, first.Remove(first.First()));

        Assert.Equal(AtOnce, first.Count);
        Assert.Single(then);
        Assert.Empty(await _allocation.Rebalance(shards, first));
        Assert.Empty(then.Intersect(first.Remove(first.First())));
    }

    [Fact]
    public void A_node_that_ends_says_so_to_all_others_and_to_those_that_come_later()
    {
        var nodes = new TwoNodes();
        var before = (nodes.Far.IsEnding(nodes.Back.Node.Address), nodes.Far.HasSuccessor, nodes.Near.IsEnding(_here.Path.Address));

        nodes.Near.End();
        nodes.Carry();

        Assert.Equal((false, true, false), before);
        Assert.Equal((true, false, true), (nodes.Far.IsEnding(nodes.Back.Node.Address), nodes.Far.HasSuccessor, nodes.Near.IsEnding(_here.Path.Address)));
        Assert.Equal((true, false), (nodes.Near.HasSuccessor, nodes.Near.IsEnding(nodes.Out.Node.Address)));
        nodes.Near.LinkOpened(nodes.Out);
        Assert.Equal([Signaling.Cluster.Wire.ItemKind.Ending], nodes.Carry());
    }

    private static ImmutableDictionary<IActorRef, IImmutableList<string>> Shards(params (IActorRef Region, int Count)[] regions) => regions.ToImmutableDictionary(
        region => region.Region, IImmutableList<string> (region) => [.. Enumerable.Range(0, region.Count).Select(number => $"{region.Region.Path}-{number}")]);

    /// <summary>The region of another node.</summary>
    private sealed class Region(int port) : MinimalActorRef
    {
        public override ActorPath Path { get; } = new RootActorPath(new Address("akka.tcp", "signaling", "far", port)) / "region";

        public override IActorRefProvider Provider => null!;
    }

    private sealed class Even : IShardAllocationStrategy
    {
        public Task<IActorRef> AllocateShard(IActorRef requester, string shardId, IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations) =>
            Task.FromResult(currentShardAllocations.MinBy(region => region.Value.Count).Key);

        public Task<IImmutableSet<string>> Rebalance(IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations, IImmutableSet<string> rebalanceInProgress) =>
            Task.FromResult<IImmutableSet<string>>(ImmutableHashSet.Create("even"));
    }
}
