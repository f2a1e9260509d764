using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Connections;

/// <summary>A ping every 25 s; who gives no sign of life within a further 20 s is given up. With the second of grace, nobody stays online longer than
/// 46 s after its last sign of life.</summary>
public sealed class HeartbeatSpecs : NodeSpecs
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(10);

    [Fact]
    public void A_client_is_pinged_every_25_seconds()
    {
        var alice = Register("alice");
        alice.ShowsLifeAlways = true;

        var pings = new List<int>();
        foreach (var _ in Enumerable.Range(1, 3))
        {
            Advance(TimeSpan.FromSeconds(25) - Moment);
            pings.Add(alice.Pings);
            Advance(Moment);
            pings.Add(alice.Pings);
        }

        Assert.Equal([0, 1, 1, 2, 2, 3], pings);
    }

    [Fact]
    public void A_client_that_gives_no_sign_of_life_within_20_seconds_of_a_ping_is_cut()
    {
        var alice = Register("alice");

        Advance(TimeSpan.FromSeconds(45) - Moment);
        var before = alice.IsGone;
        Advance(Moment);

        Assert.Equal((false, true), (before, alice.IsGone));
        Assert.Null(alice.CloseFrame);
        Assert.Equal((0, 0), (Metrics.Connections, Metrics.Peers));
    }

    [Theory]
    [InlineData("""{"type":"heartbeat"}""")]
    [InlineData("""{"type":"ping"}""")]
    [InlineData("nonsense")]
    [InlineData(null)]                                              // a pong, or any other frame
    public void Any_sign_of_life_counts(string? message)
    {
        var alice = Register("alice");
        Advance(TimeSpan.FromSeconds(44));

        if (message is null) alice.ShowLife();
        else alice.Says(message);
        Advance(TimeSpan.FromSeconds(25));

        Assert.False(alice.IsGone);
        Assert.Equal(2, alice.Pings);
    }

    [Fact]
    public void A_client_that_answers_lives_on_for_a_day()
    {
        var alice = Register("alice");
        alice.ShowsLifeAlways = true;

        Advance(TimeSpan.FromDays(1));

        Assert.False(alice.IsGone);
        Assert.Null(alice.CloseFrame);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(24.99)]
    [InlineData(25.01)]                                             // a moment after a ping, which it does not answer
    [InlineData(44.99)]
    [InlineData(49.99)]
    [InlineData(50.01)]
    public void A_half_open_connection_is_announced_offline_46_seconds_after_its_last_sign_of_life_at_the_latest(double lastSignOfLife)
    {
        var alice = Register("alice");
        alice.ShowsLifeAlways = true;
        var bob = Register("bob");
        bob.ShowsLifeAlways = true;
        Advance(TimeSpan.FromSeconds(lastSignOfLife));
        bob.ShowLife();

        bob.ShowsLifeAlways = false;
        Advance(TimeSpan.FromSeconds(20));
        var tooSoon = alice.PresenceLog.ToArray();
        Advance(TimeSpan.FromSeconds(26));

        Assert.Equal(["bob online"], tooSoon);
        Assert.Equal(["bob online", "bob offline"], alice.PresenceLog);
    }

    [Theory]
    [InlineData(0, 40)]                                             // silent from the first ping on
    [InlineData(10.01, 50)]                                         // it answered that one
    [InlineData(35, 70)]                                            // it answered all until then, the first one late
    public void A_time_out_longer_than_the_interval_changes_neither_the_pace_of_pings_nor_its_own_length(double lastSignOfLife, int cutAt)
    {
        (Connection.PingInterval, Connection.PongTimeout) = (TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30));
        var alice = Register("alice");

        Advance(TimeSpan.FromSeconds(lastSignOfLife));
        alice.ShowLife();
        Advance(TimeSpan.FromSeconds(cutAt - lastSignOfLife) - Moment);
        var before = (alice.IsGone, alice.Pings);
        Advance(Moment);

        Assert.Equal((false, (cutAt / 10) - 1), before);
        Assert.True(alice.IsGone);
    }

    [Fact]
    public void What_is_sent_to_a_half_open_connection_is_kept()
    {
        var alice = Register("alice");
        alice.ShowsLifeAlways = true;
        var bob = Register("bob", isWritable: false);
        alice.Says("""{"type":"offer","to":"bob","n":1}""");

        Advance(TimeSpan.FromSeconds(45));
        alice.Says("""{"type":"offer","to":"bob","n":2}""");
        var bobAgain = Register("bob");

        Assert.True(bob.IsGone);
        Assert.Equal(["registered", "peer-offline"], alice.Types);
        Assert.Equal([1, 2], Numbers(bobAgain));
    }
}
