using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Directory;

/// <summary>Who is told what when a peer comes or goes: clients hang up a running call on <c>offline</c>.</summary>
public sealed class PresenceSpecs : NodeSpecs
{
    [Fact]
    public void Every_other_registered_peer_is_told_that_a_peer_came()
    {
        var (alice, carol, stranger) = (Register("alice"), Register("carol"), Connect());
        alice.PresenceLog.Clear();

        var bob = Register("bob");

        Assert.Equal(["bob online"], alice.PresenceLog);
        Assert.Equal(["bob online"], carol.PresenceLog);
        Assert.Empty(stranger.PresenceLog);
        Assert.Empty(bob.PresenceLog);
    }

    [Fact]
    public void A_device_is_shown_in_full_when_its_peer_comes_and_by_its_type_when_it_goes()
    {
        var alice = Register("alice");
        var bob = Connect();

        bob.Says("""{"type":"register","peerId":"bob","deviceType":"mobile","deviceInfo":{ "os":"iOS" }}""");
        var (online, cameAt) = (alice.Presence["bob"], Time.GetUtcNow().ToUnixTimeMilliseconds());
        bob.Vanish();
        Advance(TimeSpan.FromSeconds(1));

        Assert.Equal($$$"""{"type":"peer-status","peerId":"bob","status":"online","deviceType":"mobile","deviceInfo":{ "os":"iOS" },"timestamp":{{{cameAt}}}}""", online);
        Assert.Equal($$"""{"type":"peer-status","peerId":"bob","status":"offline","deviceType":"mobile","timestamp":{{cameAt + 1000}}}""", alice.Presence["bob"]);
    }

    [Fact]
    public void A_peer_that_leaves_is_announced_after_a_second()
    {
        var (alice, bob) = (Register("alice"), Register("bob"));
        alice.PresenceLog.Clear();

        bob.Vanish();
        Advance(TimeSpan.FromMilliseconds(990));
        var before = alice.PresenceLog.ToArray();
        Advance(TimeSpan.FromMilliseconds(10));

        Assert.Empty(before);
        Assert.Equal(["bob offline"], alice.PresenceLog);
    }

    [Fact]
    public void For_lists_and_questions_a_peer_that_left_is_away_at_once()
    {
        var (alice, bob) = (Register("alice"), Register("bob"));

        bob.Vanish();
        alice.Says("""{"type":"peer-status","peerId":"bob"}""");
        alice.Says("""{"type":"get-peers"}""");

        Assert.Contains("\"status\":\"offline\"", alice.Received[^2]);
        Assert.Contains("\"peers\":[],\"count\":0", alice.Received[^1]);
    }

    [Fact]
    public void A_peer_that_is_back_within_the_second_is_announced_neither_way()
    {
        var (alice, bob) = (Register("alice"), Register("bob"));
        alice.PresenceLog.Clear();

        bob.Vanish();
        Advance(TimeSpan.FromMilliseconds(990));
        Register("bob");
        Advance(TimeSpan.FromSeconds(10));

        Assert.Empty(alice.PresenceLog);
    }

    [Fact]
    public void A_peer_that_comes_and_goes_again_and_again_is_announced_once_when_it_stays_away()
    {
        var alice = Register("alice");

        for (var i = 0; i < 5; i++)
        {
            Register("bob").Vanish();
            Advance(TimeSpan.FromMilliseconds(500));
        }
        Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(["bob online", "bob offline"], alice.PresenceLog);
    }

    [Fact]
    public void Peers_that_leave_together_are_announced_in_the_order_they_left()
    {
        var (alice, bob, carol) = (Register("alice"), Register("bob"), Register("carol"));
        alice.PresenceLog.Clear();

        carol.Vanish();
        bob.Vanish();
        Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(["carol offline", "bob offline"], alice.PresenceLog);
    }

    [Fact]
    public void Each_alias_is_announced_once()
    {
        var (alice, bob) = (Register("alice"), Register("bob"));

        bob.Says("""{"type":"register","peerId":"bob-2"}""");
        bob.Says("""{"type":"register","peerId":"bob"}""");
        bob.Says("""{"type":"register","peerId":"bob-2"}""");
        bob.Vanish();
        Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(["bob online", "bob-2 online", "bob offline", "bob-2 offline"], alice.PresenceLog);
        Assert.Empty(bob.PresenceLog);
    }

    [Fact]
    public void An_alias_that_is_taken_over_takes_its_socket_and_the_other_ids_along()
    {
        var (alice, bob) = (Register("alice"), Register("bob"));
        bob.Says("""{"type":"register","peerId":"bob-2"}""");
        alice.PresenceLog.Clear();

        Register("bob-2");
        Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(["bob offline"], alice.PresenceLog);
    }

    [Fact]
    public void Unregister_is_announced_and_a_new_register_on_the_same_socket_too()
    {
        var (alice, bob) = (Register("alice"), Register("bob"));

        bob.Says("""{"type":"unregister"}""");
        Advance(TimeSpan.FromSeconds(1));
        bob.Says("""{"type":"register","peerId":"bob"}""");

        Assert.Equal(["bob online", "bob offline", "bob online"], alice.PresenceLog);
    }

    [Fact]
    public void Who_unregistered_is_told_nothing_of_anybody()
    {
        var alice = Register("alice");
        alice.Says("""{"type":"unregister"}""");

        Register("bob");

        Assert.Empty(alice.PresenceLog);
    }
}
