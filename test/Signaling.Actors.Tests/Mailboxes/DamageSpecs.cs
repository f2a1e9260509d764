using Signaling.Actors.Protocol;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Mailboxes;

/// <summary>What the store holds for one peer cannot be read: who asks for it is told, the operator is told, and the others notice nothing.</summary>
public sealed class DamageSpecs : NodeSpecs
{
    private readonly DamagedStore _disk = new("bob");
    private readonly InMemorySocket _alice;

    public DamageSpecs()
    {
        Store = _disk;
        _alice = Register("alice");
        _alice.ShowsLifeAlways = true;
    }

    [Fact]
    public void Who_registers_is_told_and_what_it_sends_behind_that_is_not_lost_on_the_way()
    {
        var bob = Connect();

        bob.Says("""{"type":"register","peerId":"bob","id":"r1"}""");
        bob.Says("""{"type":"offer","to":"alice","id":"m1"}""");
        bob.Says("""{"type":"register","peerId":"bobby"}""");

        Assert.Equal(["error", "error", "registered"], bob.Types);
        Assert.Contains("\"code\":\"store-unavailable\",\"id\":\"r1\"", bob.Received[0], StringComparison.Ordinal);
        Assert.Contains("\"code\":\"not-registered\",\"id\":\"m1\"", bob.Received[1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_client_that_does_not_register_after_that_is_closed_as_any_other()
    {
        var bob = Register("bob");
        bob.ShowsLifeAlways = true;

        Advance(Connection.RegistrationTimeout);

        Assert.Equal(CloseCode.RegistrationTimeout, bob.CloseFrame?.Code);
    }

    [Fact]
    public void An_alias_that_cannot_be_had_leaves_the_connection_its_other_ids()
    {
        _alice.Says("""{"type":"register","peerId":"bob"}""");
        Advance(TimeSpan.FromMinutes(5));
        _alice.Says("""{"type":"offer","to":"alice","n":1}""");

        Assert.Null(_alice.CloseFrame);
        Assert.Equal(["registered", "error", "offer"], _alice.Types);
    }

    [Fact]
    public void Senders_to_it_are_told()
    {
        foreach (var n in Enumerable.Range(1, 3)) _alice.Says($$"""{"type":"offer","to":"bob","id":"m{{n}}"}""");

        Assert.Equal(["registered", "error", "error", "error"], _alice.Types);
        Assert.Contains("\"code\":\"store-unavailable\",\"id\":\"m3\"", _alice.Received[3], StringComparison.Ordinal);
    }

    [Fact]
    public void The_store_counts_as_healthy_and_keeps_what_others_are_sent()
    {
        foreach (var _ in Enumerable.Range(0, 20))
        {
            Register("bob").Vanish();
            Advance(TimeSpan.FromSeconds(10));
        }
        _alice.Says("""{"type":"offer","to":"carol","n":1}""");

        Assert.True(Health.IsHealthy);
        Assert.Equal([1], Numbers(Register("carol")));
    }

    [Fact]
    public void Where_one_mailbox_after_the_other_is_damaged_the_store_counts_as_failing_until_one_is_whole()
    {
        string[] peers = ["bob", "b2", "b3", "b4", "b5"];
        _disk.Peers.UnionWith(peers);

        foreach (var peer in peers) Register(peer);
        var before = Health.IsHealthy;
        Advance(TimeSpan.FromSeconds(1));
        var carol = Register("carol");

        Assert.Equal((false, true), (before, Health.IsHealthy));
        Assert.Equal(["registered"], carol.Types);
    }

    [Fact]
    public void However_many_ask_it_is_tried_every_10_seconds_at_most_and_not_at_all_where_nobody_asks()
    {
        foreach (var _ in Enumerable.Range(0, 100)) Register("bob").Vanish();
        var atOnce = _disk.Asked;
        Advance(TimeSpan.FromHours(1));
        var afterAnHour = _disk.Asked;
        Register("bob");

        Assert.Equal((1, 1, 2), (atOnce, afterAnHour, _disk.Asked));
        Assert.Equal(1, MailboxCount() - 1);                        // alice's, and bob's that was asked for just now
    }

    [Fact]
    public void Once_it_is_mended_who_registers_then_is_registered()
    {
        var bob = Register("bob");

        _disk.Peers.Clear();
        Advance(TimeSpan.FromSeconds(10));
        bob.Says("""{"type":"register","peerId":"bob"}""");

        Assert.Equal(["error", "registered"], bob.Types);
    }

    [Fact]
    public void The_operator_is_told_whose_it_is_once_a_minute()
    {
        foreach (var _ in Enumerable.Range(0, 7))
        {
            Register("bob").Vanish();
            Advance(TimeSpan.FromSeconds(10));
        }

        Assert.Equal(
            Enumerable.Repeat("The mailbox store is damaged, which fails the mailbox of peer bob: page 7 is damaged. Other mailboxes go on; run signaling-node mailbox stats --verify", 2),
            Logged.ForOperators);
    }

    [Fact]
    public void A_client_whose_mailbox_fails_and_cannot_be_read_again_is_sent_away()
    {
        _disk.Peers.Clear();
        var bob = Register("bob");

        _disk.Peers.Add("bob");
        FailMailboxes();
        Advance(TimeSpan.FromSeconds(1));

        ExpectFailures();
        Assert.Equal((CloseCode.TryAgainLater, "mailbox unavailable"), bob.CloseFrame);
        Assert.Equal(["bob online", "bob offline"], _alice.PresenceLog);
    }
}
