using System.Text;
using System.Text.Json;
using Akka.Actor;
using Signaling.Actors.Protocol;
using Signaling.Actors.Tests.Testing;
using static Signaling.Actors.Directory.ReplicaProtocol;
using static Signaling.Actors.Messages.DirectoryProtocol;

namespace Signaling.Cluster.Tests.Presence;

/// <summary>What each node of a cluster knows, and tells its clients, of peers that come and go on the others.</summary>
public sealed class ReplicaSpecs : VirtualCluster
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private readonly VirtualNode _a;
    private readonly VirtualNode _b;
    private readonly VirtualNode _c;

    public ReplicaSpecs()
    {
        Delay = TimeSpan.FromMilliseconds(30);
        (_a, _b, _c) = (Join(), Join(), Join());
        Advance(Second);                                            // they know each other
        foreach (var link in Nodes.SelectMany(node => node.Links)) link.Items.Clear();
    }

    [Fact]
    public void Who_comes_to_a_node_is_announced_and_listed_on_every_one()
    {
        var (here, there) = (_a.Observe(), _c.Observe());
        Advance(Second);

        _a.Online("bob", 1, new Device("mobile", Encoding.UTF8.GetBytes("""{"os":"iOS"}""")));
        Advance(Second);

        Assert.Equal("bob online", here.PresenceLog[^1]);
        Assert.Equal("bob online", there.PresenceLog[^1]);
        Assert.Contains(""" "deviceType":"mobile","deviceInfo":{"os":"iOS"}""".Trim(), there.Presence["bob"]);
        Assert.All(Nodes, node => Assert.Equal(["bob", "observer-1", "observer-3"], node.Listed()));
    }

    [Fact]
    public void Lists_say_the_same_on_every_node_also_since_when_somebody_is_here()
    {
        _a.Online("bob", 1);
        Advance(Second);
        _b.Online("carol", 1);
        Advance(Second);

        var lists = Nodes.Select(node => $"{Page(node, 10)}").Distinct();

        Assert.Contains("\"total\":2", Assert.Single(lists));
    }

    [Fact]
    public void Pages_go_on_on_another_node()
    {
        foreach (var (node, i) in (IEnumerable<(VirtualNode, int)>)[(_a, 1), (_b, 2), (_c, 3), (_a, 4), (_b, 5)]) node.Online($"peer-{i}", 1);
        Advance(Second);

        var (first, second, third) = (Page(_a, 2), Page(_b, 2, "peer-2"), Page(_c, 2, "peer-4"));

        Assert.Equal(("peer-2", "peer-4"), (first.GetProperty("next").GetString(), second.GetProperty("next").GetString()));
        Assert.Equal("peer-5", Assert.Single(third.GetProperty("peers").EnumerateArray()).GetProperty("peerId").GetString());
        Assert.False(third.TryGetProperty("next", out _));
        Assert.All((JsonElement[])[first, second, third], page => Assert.Equal(5, page.GetProperty("total").GetInt32()));
    }

    [Fact]
    public void Questions_and_watches_of_one_on_another_node_are_answered_from_memory()
    {
        var watcher = _c.Observe();
        _a.Online("bob", 1);
        Advance(Second);

        watcher.Says("""{"type":"peer-status","peerId":"bob"}""");
        Assert.Contains("\"status\":\"online\"", watcher.Received[^1]);

        _a.Offline("bob", 1);
        Advance(2 * Second);
        watcher.Says("""{"type":"peer-status","peerId":"bob"}""");
        Assert.Contains("\"status\":\"offline\"", watcher.Received[^1]);
        Assert.Equal("bob offline", watcher.PresenceLog[^1]);
    }

    [Fact]
    public void A_node_that_joins_is_told_everybody_and_what_happens_meanwhile()
    {
        for (var i = 0; i < 2_000; i++) _a.Online($"peer-{i:0000}", 1, new Device("mobile", Encoding.UTF8.GetBytes($"\"{new string('x', 100)}\"")));
        Advance(Second);

        var d = Join();
        _a.Offline("peer-0001", 1);
        _a.Online("peer-9999", 1);
        Advance(TimeSpan.FromMilliseconds(40));
        _a.Offline("peer-0003", 1);
        Advance(2 * Second);

        Assert.Equal(_a.Listed(), d.Listed());
        Assert.Equal(1_999, d.Listed().Length);
        Assert.All(LinkBetween(_a, d).Items, item => Assert.InRange(item.Count, 1, 300)); // of some 130 bytes each
    }

    [Fact]
    public void A_peer_that_leaves_and_comes_back_on_another_node_within_the_grace_is_announced_by_nobody()
    {
        var observers = Observers();
        _a.Online("bob", 1);
        Advance(Second);

        _a.Offline("bob", 1);
        Advance(TimeSpan.FromMilliseconds(900));
        _b.Online("bob", 2);
        Advance(TimeSpan.FromMinutes(1));

        AssertLogs(observers, "bob online");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(2_000)]
    public void A_takeover_by_another_node_is_announced_by_nobody(int replacedAfter)
    {
        Presence.OfflineGrace = TimeSpan.Zero;
        var observers = Observers();
        _a.Online("bob", 1);
        Advance(Second);

        _b.Online("bob", 2);
        Advance(TimeSpan.FromMilliseconds(replacedAfter));
        _a.Offline("bob", 1, isReplaced: true);
        Advance(TimeSpan.FromMinutes(1));

        AssertLogs(observers, "bob online");
        Assert.Equal([1L, 2L, 1L], Nodes.Select(node => node.Metrics.Peers)); // with the observers
    }

    [Fact]
    public void The_word_of_the_one_who_was_replaced_may_overtake_its_successors()
    {
        Presence.OfflineGrace = TimeSpan.Zero;
        var observers = Observers();
        _a.Online("bob", 1);
        Advance(Second);

        LinkBetween(_b, _c).IsStuck = true;
        _b.Online("bob", 2);
        Advance(Second);
        Assert.Contains(LinkBetween(_a, _c).Items, item => item.OfType<Replaced>().Any());
        LinkBetween(_b, _c).ReadOn();
        Advance(TimeSpan.FromMinutes(1));

        AssertLogs(observers, "bob online");
    }

    [Fact]
    public void An_old_word_that_comes_last_is_taken_back_by_who_told_it()
    {
        LinkBetween(_a, _c).IsStuck = true;
        _a.Online("bob", 1);
        _b.Online("bob", 2);
        Advance(Second);
        _b.Offline("bob", 2);
        Advance(TimeSpan.FromSeconds(10));

        LinkBetween(_a, _c).ReadOn();
        Advance(TimeSpan.FromMinutes(1));

        Assert.All(Nodes, node => Assert.Empty(node.Listed()));
    }

    [Fact]
    public void Whoever_replaces_a_peer_and_is_gone_before_it_was_here_takes_it_along_everywhere()
    {
        var observers = Observers();
        _a.Online("bob", 1);
        Advance(Second);

        _b.Offline("bob", 2);
        Advance(2 * Second);

        AssertLogs(observers, "bob online", "bob offline");
        Assert.All(Nodes, node => Assert.DoesNotContain("bob", node.Listed()));
    }

    [Fact]
    public void Peers_of_a_node_that_is_gone_are_unlisted_at_once_and_announced_offline_once_after_the_grace()
    {
        var observer = _b.Observe();
        _a.Online("bob", 1);
        Advance(Second);

        Lose(_a);
        var listed = _b.Listed();
        Advance(TimeSpan.FromMilliseconds(4_990));
        var before = observer.PresenceLog.ToArray();
        Advance(TimeSpan.FromMilliseconds(10));

        Assert.DoesNotContain("bob", listed);
        Assert.Equal(["bob online"], before);
        Assert.Equal(["bob online", "bob offline"], observer.PresenceLog);
        Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(2, observer.PresenceLog.Count);
    }

    [Theory]
    [InlineData(-1_000)]                                            // before the node was held for gone
    [InlineData(0)]
    [InlineData(4_900)]
    public void Who_comes_back_elsewhere_in_time_is_announced_by_nobody(int after)
    {
        var observer = _b.Observe();
        _a.Online("bob", 1);
        Advance(Second);

        if (after < 0)
        {
            _c.Online("bob", 2);
            Advance(TimeSpan.FromMilliseconds(-after));
        }
        Lose(_a);
        Advance(TimeSpan.FromMilliseconds(Math.Max(0, after)));
        if (after >= 0) _c.Online("bob", 2);
        Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(["bob online"], observer.PresenceLog);
        Assert.All(Nodes, node => Assert.Contains("bob", node.Listed()));
    }

    [Fact]
    public void Very_many_peers_of_a_node_that_is_gone_are_all_announced()
    {
        for (var i = 0; i < 3_500; i++) _a.Online($"peer-{i}", 1);
        Advance(Second);
        var observer = _b.Observe();

        Lose(_a);
        _c.Online("peer-3000", 2);                                  // while they go
        Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(3_499, observer.PresenceLog.Distinct().Count(line => line.EndsWith(" offline", StringComparison.Ordinal)));
        Assert.Equal(3_499, observer.PresenceLog.Count);
        Assert.Equal(["peer-3000"], _c.Listed().Where(peer => peer.StartsWith("peer-", StringComparison.Ordinal)));
    }

    [Fact]
    public void Who_is_told_of_again_while_what_was_known_before_goes_stays()
    {
        for (var i = 0; i < 1_500; i++) _a.Online($"peer-{i}", 1);
        Advance(Second);
        var (node, told) = (LinkBetween(_b, _a).Link, LinkBetween(_a, _b).Items.SelectMany(item => item).ToArray());

        _b.Directory.Tell(new Forget(node, ReturnGrace));
        Told(_b.Directory, new Replicate(node, told));
        Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(1_500, _b.Listed().Length);
    }

    [Fact]
    public void The_longer_of_both_graces_counts()
    {
        Presence.OfflineGrace = TimeSpan.FromSeconds(20);
        var b = Join();
        var observer = b.Observe();
        _a.Online("bob", 1);
        Advance(Second);

        Lose(_a);
        Advance(TimeSpan.FromSeconds(19));
        Assert.Equal(["bob online"], observer.PresenceLog);
        Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["bob online", "bob offline"], observer.PresenceLog);
    }

    [Fact]
    public void When_a_directory_begins_anew_its_peers_have_the_grace_to_come_back_and_it_knows_the_others_again()
    {
        var observer = _b.Observe();
        _a.Online("bob", 1);
        _a.Online("carol", 1);
        Advance(Second);
        _c.Online("dave", 1);
        Advance(Second);

        _a.FailDirectory();
        Advance(Second);
        _a.Online("bob", 2);
        Advance(TimeSpan.FromMinutes(1));

        ExpectFailures();
        Assert.Equal(["bob online", "carol online", "dave online", "carol offline"], observer.PresenceLog);
        Assert.All(Nodes, node => Assert.Equal(["bob", "dave", "observer-2"], node.Listed()));
    }

    [Fact]
    public void Two_directories_that_begin_anew_together_find_each_other()
    {
        _c.Online("dave", 1);
        Advance(Second);

        _a.FailDirectory();
        _b.FailDirectory();
        _a.Online("bob", 2);
        _b.Online("carol", 2);
        Advance(Second);

        ExpectFailures();
        Assert.All(Nodes, node => Assert.Equal(["bob", "carol", "dave"], node.Listed()));
    }

    [Fact]
    public void Peers_of_a_node_that_drains_have_the_time_to_come_back_that_they_were_told()
    {
        var observer = _b.Observe();
        var bob = _a.Observe("bob");
        var carol = _a.Observe("carol");
        Advance(Second);

        Told(_a.Directory, new Drain(TimeSpan.FromSeconds(3), LeaveWithin: TimeSpan.Zero));
        bob.Vanish();
        Advance(TimeSpan.FromMilliseconds(100));
        Assert.DoesNotContain("bob", _b.Listed());
        Advance(TimeSpan.FromMilliseconds(3_500));
        _c.Online("bob", 2_000_000_000);
        carol.Vanish();
        Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(["bob online", "carol online", "carol offline"], observer.PresenceLog);
    }

    [Fact]
    public void Clients_of_a_node_that_drains_are_served_until_they_go_to_another_each_at_its_own_time()
    {
        var clients = Enumerable.Range(0, 20).Select(number => _a.Observe($"peer-{number}")).ToArray();
        var old = Connect(_a);
        old.Says("""{"type":"register","peerId":"old"}""");
        Advance(Second);

        Told(_a.Directory, new Drain(TimeSpan.FromSeconds(9), LeaveWithin: TimeSpan.FromSeconds(4)));
        var left = new List<int>();
        for (var i = 0; i < 8; i++)
        {
            left.Add(clients.Count(client => client.CloseFrame is not null));
            foreach (var client in clients.Where(client => client.CloseFrame is null)) client.Says("""{"type":"ping"}""");
            Assert.All(clients.Where(client => client.CloseFrame is null), client => Assert.Equal("pong", client.Types.Last()));
            Advance(Second / 2);
        }

        Assert.Equal(0, left[0]);
        Assert.True(left.Distinct().Count() > 2);
        Assert.All(clients, client => Assert.Equal(("goaway", CloseCode.ServiceRestart), (client.Types.Last(), client.CloseFrame!.Value.Code)));
        Assert.All(clients, client => Assert.Contains("\"reconnectAfterMs\":0", client.Received[^1], StringComparison.Ordinal));
        Assert.Equal(("server-shutdown", CloseCode.GoingAway), (old.Types.Last(), old.CloseFrame!.Value.Code));
    }

    [Fact]
    public void Clients_of_the_only_node_are_told_at_once_when_to_come_back()
    {
        var client = _a.Observe("bob");
        Lose(_b);
        Lose(_c);

        Told(_a.Directory, new Drain(TimeSpan.FromSeconds(9), LeaveWithin: TimeSpan.FromSeconds(4)));

        Assert.Equal("goaway", client.Types.Last());
    }

    [Fact]
    public void Of_a_peer_that_comes_and_goes_quickly_the_others_are_told_the_last()
    {
        _a.Online("first", 1);
        for (var i = 1; i <= 100; i++)
        {
            _a.Online("bob", i);
            _a.Offline("bob", i);
        }
        _a.Online("bob", 101);
        Advance(Second);

        var told = LinkBetween(_a, _c).Items.SelectMany(item => item).ToArray();
        Assert.Equal(["first", "bob"], told.Select(state => state.Peer.Value));
        Assert.Equal(101, Assert.IsType<Here>(told[^1]).Epoch.Registration);
    }

    [Fact]
    public void Changes_within_a_rest_go_in_one_item()
    {
        _a.Online("first", 1);
        for (var i = 0; i < 50; i++) _a.Online($"peer-{i}", 1);
        Advance(Second);

        Assert.Equal([1, 50], LinkBetween(_a, _c).Items.Select(item => item.Count));
    }

    [Fact]
    public void For_a_node_that_reads_nothing_no_more_is_kept_than_the_last_of_each_peer()
    {
        var link = LinkBetween(_a, _c);
        link.IsStuck = true;
        var phone = new Device("mobile", Encoding.UTF8.GetBytes($"\"{new string('x', 4_000)}\""));

        for (var i = 1; i <= 20; i++)
        {
            for (var peer = 0; peer < 100; peer++) _a.Online($"peer-{peer:000}", i, phone);
            Advance(TimeSpan.FromMilliseconds(50));
        }
        var waiting = link.Link.WaitingBytes;
        link.ReadOn();
        Advance(Second);

        Assert.InRange(waiting, 262_144, 262_144 + 40_000);
        Assert.Equal(_a.Listed(), _c.Listed());
        Assert.InRange(link.Items.Sum(item => item.Count), 100, 180); // 262,144 bytes of the first rounds, then the last of all
        Assert.All(link.Items.SelectMany(item => item).GroupBy(state => state.Peer), states => Assert.Equal(20, states.Last().Epoch.Registration));
    }

    [Fact]
    public void All_peers_of_the_cluster_are_counted_where_it_is_about_who_is_told()
    {
        Presence.BroadcastLimit = 3;
        var (x, y) = (Join(), Join());
        var unnamed = Connect(x);
        unnamed.Says("""{"type":"register","peerId":"unnamed"}""");
        y.Online("bob", 1);
        y.Online("carol", 1);
        Advance(Second);

        y.Online("dave", 1);
        Advance(Second);

        Assert.Equal(["bob online", "carol online"], unnamed.PresenceLog);
        Assert.Equal((1, 3, 0), (x.Metrics.Peers, y.Metrics.Peers, _a.Metrics.Peers));
    }

    private InMemorySocket[] Observers() => [.. Nodes.Select(node => node.Observe())];

    /// <summary>Whatever observers were told of each other.</summary>
    private static void AssertLogs(InMemorySocket[] observers, params string[] expected) =>
        Assert.All(observers, observer => Assert.Equal(expected, observer.PresenceLog.Where(line => !line.StartsWith("observer", StringComparison.Ordinal))));

    private static JsonElement Page(VirtualNode node, int limit, string? after = null) =>
        node.Ask(new ListPeers([], new PeersPage(limit, after is null ? null : NodeSpecs.Peer(after), DeviceType: null)));

    private static VirtualLink LinkBetween(VirtualNode from, VirtualNode to) => from.Links.Single(link => link.To == to);
}
