using System.Text;
using Akka.Actor;
using Signaling.Actors.Directory;
using Signaling.Actors.Messages;
using Signaling.Actors.Protocol;
using Signaling.Actors.Tests.Testing;
using static Signaling.Actors.Directory.ReplicaProtocol;
using static Signaling.Actors.Messages.DirectoryProtocol;

namespace Signaling.Actors.Tests.Directory;

/// <summary>The rules of who is online, without actors: the newest epoch of a peer counts, in whatever order the connections' words come.</summary>
public sealed class RosterSpecs
{
    private static readonly PeerId Bob = NodeSpecs.Peer("bob");
    private static readonly Device Phone = new("mobile", "{}"u8.ToArray());
    private readonly Connection _first = new("first");
    private readonly Connection _second = new("second");
    private readonly Roster _roster = new();

    [Fact]
    public void A_peer_that_comes_is_new_and_known_by_its_device()
    {
        Assert.True(Add(Online(1, _first), now: 5));

        Assert.Equal((1, Phone), (_roster.Count, _roster.Find(Bob)));
        Assert.Equal(["""{"peerId":"bob","deviceType":"mobile","deviceInfo":{},"connectedAt":5}"""], Entries());
    }

    [Fact]
    public void A_peer_that_is_replaced_is_not_new_and_its_time_starts_anew()
    {
        Add(Online(1, _first), now: 5);

        Assert.False(Add(Online(2, _second), now: 7));

        Assert.Contains("\"connectedAt\":7", Assert.Single(Entries()));
    }

    [Fact]
    public void A_peer_that_registers_again_on_its_connection_keeps_its_time_and_changes_its_device()
    {
        Add(Online(1, _first), now: 5);

        Assert.False(Add(Online(1, _first) with { Device = Device.Unknown }, now: 7));

        Assert.Equal(["""{"peerId":"bob","deviceType":"unknown","deviceInfo":{},"connectedAt":5}"""], Entries());
    }

    [Fact]
    public void A_late_word_of_an_older_epoch_changes_nothing()
    {
        Add(Online(2, _second), now: 7);

        Assert.Null(_roster.Remove(Bob, new Epoch(1, 1)));
        Assert.False(Add(Online(1, _first), now: 9));

        Assert.Contains("\"connectedAt\":7", Assert.Single(Entries()));
    }

    [Fact]
    public void A_newer_generation_is_a_newer_epoch_whatever_its_registrations()
    {
        Add(new PeerOnline(Bob, new Epoch(1, 9), _first, Phone), now: 5);
        Add(new PeerOnline(Bob, new Epoch(2, 1), _second, Phone), now: 7);

        Assert.Null(_roster.Remove(Bob, new Epoch(1, 9)));
        Assert.Equal(Phone, _roster.Find(Bob));
    }

    [Fact]
    public void A_peer_that_goes_is_given_back_and_forgotten()
    {
        Add(Online(1, _first), now: 5);

        Assert.Equal(Phone, _roster.Remove(Bob, new Epoch(1, 1))?.Device);

        Assert.Equal((0, null), (_roster.Count, _roster.Find(Bob)));
        Assert.Null(_roster.Remove(Bob, new Epoch(1, 1)));
    }

    [Fact]
    public void A_peer_is_gone_also_when_it_is_a_newer_registration_that_is_over()
    {
        Add(Online(1, _first), now: 5);

        Assert.Equal((false, true, true), (_roster.Has(Bob, new Epoch(0, 9)), _roster.Has(Bob, new Epoch(1, 1)), _roster.Has(Bob, new Epoch(1, 2))));
        Assert.Equal(Phone, _roster.Remove(Bob, new Epoch(1, 2))?.Device);

        Assert.False(_roster.Has(Bob, new Epoch(1, 2)));
    }

    [Fact]
    public void A_peer_that_comes_to_another_node_is_no_longer_counted_here()
    {
        Add(Online(1, _first), now: 5);

        Assert.True(_roster.TryAdd(new Here(Bob, new Epoch(1, 2), Phone, ConnectedAt: 3), "node", out var before));

        Assert.Equal((true, 1, 0), (before!.IsOwn, _roster.Count, _roster.OwnCount));
        Assert.Equal([Bob], _roster.Of("node").Select(entry => entry.Peer));
        Assert.Equal(["""{"peerId":"bob","deviceType":"mobile","deviceInfo":{},"connectedAt":3}"""], Entries());
    }

    [Fact]
    public void Only_what_is_known_of_a_peer_goes_with_its_node()
    {
        _roster.TryAdd(new Here(Bob, new Epoch(1, 1), Phone, ConnectedAt: 3), "node", out _);
        var old = Assert.Single(_roster.Of("node"));
        _roster.TryAdd(new Here(Bob, new Epoch(1, 1), Phone, ConnectedAt: 3), "node", out _);

        Assert.False(_roster.TryRemove(old));
        Assert.True(_roster.TryRemove(Assert.Single(_roster.Of("node"))));
        Assert.Equal(0, _roster.Count);
    }

    [Fact]
    public void Devices_of_other_nodes_that_say_the_same_are_kept_once()
    {
        foreach (var id in (string[])["alice", "bob", "carol"]) _roster.TryAdd(new Here(NodeSpecs.Peer(id), new Epoch(1, 1), new Device(new string("tablet"), "{}"u8.ToArray()), ConnectedAt: 3), "node", out _);

        Assert.Equal(new Device("tablet", Device.Unknown.Info), _roster.Find(NodeSpecs.Peer("carol")));
        Assert.Same(_roster.Find(Bob), _roster.Find(NodeSpecs.Peer("carol")));
    }

    [Fact]
    public void A_list_is_in_the_order_of_the_ids()
    {
        foreach (var peer in (string[])["bob", "Zoe", "alice"]) Add(Online(1, _first) with { Peer = NodeSpecs.Peer(peer) }, now: 5);

        Assert.Equal(["Zoe", "alice", "bob"], _roster.Entries.Select(entry => entry.Peer.Value));
    }

    [Fact]
    public void Its_version_rises_with_every_change_and_with_nothing_else()
    {
        var versions = new List<long> { _roster.Version };
        void Note(object? result) => versions.Add(_roster.Version);

        Note(Add(Online(2, _first), now: 5));
        Note(Add(Online(2, _first) with { Device = Device.Unknown }, now: 5));
        Note(_roster.Remove(Bob, new Epoch(1, 2)));
        Assert.Equal(versions.Distinct().Order(), versions);

        var before = _roster.Version;
        Add(Online(2, _first), now: 5);
        before++;
        Note(Add(Online(1, _first), now: 5));
        Note(_roster.Remove(Bob, new Epoch(1, 1)));
        Assert.Equal(before, _roster.Version);
    }

    /// <returns>Whether it was away.</returns>
    private bool Add(PeerOnline online, long now) => _roster.TryAdd(online, now, out _, out var before) && before is null;

    private static PeerOnline Online(long registration, IActorRef connection) => new(Bob, new Epoch(1, registration), connection, Phone);

    private string[] Entries() => [.. _roster.Entries.Select(entry => Encoding.UTF8.GetString(entry.Json))];

    private sealed class Connection(string name) : MinimalActorRef
    {
        public override ActorPath Path { get; } = new RootActorPath(new Address("akka", "roster")) / name;

        public override IActorRefProvider Provider => throw new NotSupportedException();
    }
}
