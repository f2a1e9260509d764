using Signaling.Actors.Protocol;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Connections;

/// <summary>A failure inside one connection ends that connection, and touches nobody else.</summary>
public sealed class SupervisionSpecs : NodeSpecs
{
    private readonly InMemorySocket _alice;
    private readonly InMemorySocket _bob;

    public SupervisionSpecs()
    {
        _alice = Register("alice");
        _bob = Register("bob");
    }

    [Fact]
    public void A_connection_that_fails_is_closed_with_1011()
    {
        FailBob();

        Assert.Equal((CloseCode.InternalError, "internal error"), _bob.CloseFrame);
        Assert.Equal((1, 1), (Metrics.Connections, Metrics.Peers));
    }

    [Fact]
    public void Its_peer_is_announced_offline_after_the_grace()
    {
        FailBob();

        Advance(TimeSpan.FromMilliseconds(990));
        var before = _alice.PresenceLog.ToArray();
        Advance(TimeSpan.FromMilliseconds(10));

        Assert.Equal(["bob online"], before);
        Assert.Equal(["bob online", "bob offline"], _alice.PresenceLog);
    }

    [Fact]
    public void Also_when_its_socket_fails_again_while_it_ends()
    {
        _bob.FailsAtTheEnd = true;
        FailBob();
        Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(["bob online", "bob offline"], _alice.PresenceLog);
        Assert.Equal(1, Metrics.Peers);
    }

    [Fact]
    public void What_it_had_not_written_and_what_comes_later_waits_in_order()
    {
        _alice.Says("""{"type":"offer","to":"bob","n":1}""");
        FailBob(n: 2);
        _alice.Says("""{"type":"offer","to":"bob","n":3}""");

        var bobAgain = Register("bob");

        Assert.Equal([1], Numbers(_bob));
        Assert.Equal([2, 3], Numbers(bobAgain));
        Assert.Equal(["registered", "peer-offline"], _alice.Types);
    }

    [Fact]
    public void It_takes_every_one_of_its_ids_along()
    {
        _bob.Says("""{"type":"register","peerId":"bob-2"}""");

        FailBob();
        Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(["bob online", "bob-2 online", "bob offline", "bob-2 offline"], _alice.PresenceLog);
    }

    [Fact]
    public void The_others_go_on_and_their_registrations_stay()
    {
        var carol = Register("carol");

        FailBob();
        _alice.Says("""{"type":"offer","to":"carol","n":3}""");
        carol.Says("""{"type":"offer","to":"alice","n":4}""");

        Assert.Equal((null, null), (_alice.CloseFrame, carol.CloseFrame));
        Assert.Equal([4], Numbers(_alice));
        Assert.Equal([3], Numbers(carol));
        Assert.Equal((2, 2), (Metrics.Connections, Metrics.Peers));
    }

    /// <summary>Its socket fails when this message is sent to it.</summary>
    private void FailBob(int n = 2)
    {
        _bob.Fault = new InvalidOperationException("a mistake of ours");
        _alice.Says($$"""{"type":"offer","to":"bob","n":{{n}}}""");
        ExpectFailures();
    }
}
