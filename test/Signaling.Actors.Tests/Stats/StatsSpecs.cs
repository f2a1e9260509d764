using Signaling.Actors.Protocol;
using Signaling.Actors.Stats;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Stats;

/// <summary>What operators read: the original server's line, and the instruments.</summary>
public sealed class StatsSpecs : NodeSpecs
{
    [Fact]
    public void The_line_comes_every_five_minutes_to_the_letter()
    {
        Start(StatsActor.Props(new StatsOptions(), Metrics, Logged));
        var (alice, bob) = (Register("alice"), Register("bob"));
        (alice.ShowsLifeAlways, bob.ShowsLifeAlways) = (true, true);
        Connect().Vanish();
        foreach (var _ in Enumerable.Range(0, 3)) alice.Says("""{"type":"offer","to":"bob"}""");
        alice.Says("""{"type":"offer","to":"carol"}""");

        Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromMilliseconds(10));
        var before = Logged.ForOperators.ToArray();
        Advance(TimeSpan.FromMilliseconds(10));
        bob.Vanish();
        Advance(TimeSpan.FromMinutes(5));

        Assert.Empty(before);
        Assert.Equal(["[Stats] 连接数: 2, 总连接: 3, 转发消息: 3, 离线消息: 1", "[Stats] 连接数: 1, 总连接: 3, 转发消息: 3, 离线消息: 1"], Logged.ForOperators);
    }

    [Fact]
    public void Connections_and_peers_are_counted_now_and_connections_ever()
    {
        var alice = Register("alice");
        alice.Says("""{"type":"register","peerId":"alice-2"}""");
        Connect();
        Register("bob").Vanish();

        Assert.Equal((2, 3, 2), (Measured["signaling.connections"], Measured["signaling.connections.total"], Measured["signaling.peers"]));
    }

    [Fact]
    public void Messages_are_counted_where_they_go()
    {
        Mailbox.Capacity = 2;
        var alice = Register("alice");
        foreach (var to in new[] { "alice", "alice", "bob", "bob", "bob", "carol" }) alice.Says($$"""{"type":"offer","to":"{{to}}"}""");

        Assert.Equal((2, 4, 3), (Measured["signaling.messages.relayed"], Measured["signaling.messages.stored"], Measured["signaling.messages.queued"]));
        Assert.Equal((1, 0), (Measured["signaling.messages.dropped"], Measured["signaling.messages.expired"]));

        Register("carol");
        Advance(TimeSpan.FromSeconds(1));                           // confirmed
        Assert.Equal(2, Measured["signaling.messages.queued"]);
        alice.ShowsLifeAlways = true;
        Advance(Mailbox.TimeToLive);
        Assert.Equal((0, 2, 1), (Measured["signaling.messages.queued"], Measured["signaling.messages.expired"], Measured["signaling.messages.dropped"]));
    }

    [Fact]
    public void A_message_that_the_store_did_not_take_is_not_counted_as_stored()
    {
        var store = new Mailboxes.SlowStore();
        Store = store;
        var alice = Register("alice");
        alice.Says("""{"type":"offer","to":"bob"}""");

        store.Fail();
        Eventually(() => alice.Received.Count == 2);

        Assert.Equal((0, 0), (Measured["signaling.messages.stored"], Measured["signaling.messages.queued"]));
    }

    [Fact]
    public void Takeovers_are_counted_and_a_fight_once()
    {
        foreach (var _ in Enumerable.Range(0, 12))
        {
            Register("bob");
            Advance(TimeSpan.FromSeconds(11));
        }

        Assert.Equal((11, 1), (Measured["signaling.takeovers"], Measured["signaling.takeover.fights"]));
        Assert.Equal(["Two clients keep replacing each other as peer bob; they are slowed down (told once a minute at most)"], Logged.ForOperators);
    }

    [Fact]
    public void Every_fight_is_counted_and_one_a_minute_is_told()
    {
        foreach (var peer in Enumerable.Range(0, 5))
        {
            foreach (var _ in Enumerable.Range(0, 12)) Register($"bob-{peer}");
        }

        Assert.Equal(5, Measured["signaling.takeover.fights"]);
        Assert.Single(Logged.ForOperators);
    }

    [Fact]
    public void Errors_are_counted_by_their_code_and_nothing_else_is_a_tag()
    {
        var alice = Register("alice-whose-id-is-no-tag");
        alice.Says("nonsense");
        alice.Says("""{"type":"register"}""");
        alice.Says("""{"type":"offer","to":"alice-whose-id-is-no-tag"}""");
        alice.Says("""{"type":"offer","to":"somebody-else"}""");
        Register("alice-whose-id-is-no-tag");

        Assert.Equal(2, Measured["signaling.errors"]);
        Assert.Equal([("code", "invalid-json"), ("code", ErrorCode.PeerIdRequired.Code)], Measured.Tags.Select(tag => (tag.Key, (string?)tag.Value)));
    }
}
