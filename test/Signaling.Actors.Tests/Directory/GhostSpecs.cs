using Signaling.Actors.Auth;
using Signaling.Actors.Messages;
using Signaling.Actors.Protocol;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Directory;

/// <summary>Nobody stays online who is not there, also when a mailbox ends at the moment at which its peer leaves.</summary>
public sealed class GhostSpecs : NodeSpecs
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_peer_that_registers_and_unregisters_in_one_breath_is_announced_offline(int times)
    {
        var alice = Register("alice");
        var bob = ConnectHasty();
        bob.Says("""{"type":"register","peerId":"bob"}""");
        Settle();

        for (var i = 0; i < times; i++)
        {
            bob.Says("""{"type":"unregister"}""");
            bob.Says("""{"type":"register","peerId":"bob"}""");
        }
        bob.Says("""{"type":"unregister"}""");
        Settle();
        Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(["bob online", "bob offline"], alice.PresenceLog);
        Assert.Equal(1, Metrics.Peers);
    }

    [Fact]
    public void A_peer_that_leaves_while_its_mailbox_fails_is_announced_offline()
    {
        var alice = Register("alice");
        var bob = ConnectHasty();
        bob.Says("""{"type":"register","peerId":"bob"}""");
        Settle();

        bob.Vanish();
        FailMailboxes();
        Advance(TimeSpan.FromSeconds(2));

        ExpectFailures();
        Assert.Equal(["bob online", "bob offline"], alice.PresenceLog);
        Assert.Equal(1, Metrics.Peers);
    }

    [Fact]
    public void A_client_that_takes_an_id_over_and_closes_in_one_breath_leaves_nobody_online()
    {
        var alice = Register("alice");
        Register("bob").ShowsLifeAlways = true;
        var hasty = ConnectHasty();

        hasty.Says("""{"type":"register","peerId":"bob"}""");
        hasty.Closes(CloseCode.Normal);
        Settle();
        var peers = Metrics.Peers;
        Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(1, peers);
        Assert.Equal(["bob online", "bob offline"], alice.PresenceLog);
    }

    [Fact]
    public void One_whose_connection_ends_before_it_hears_that_it_took_the_id_over_does_so_within_seconds()
    {
        var alice = Register("alice");
        Register("bob").ShowsLifeAlways = true;
        var hasty = ConnectHasty();

        hasty.Says("""{"type":"register","peerId":"bob"}""");
        hasty.Vanish();
        Settle();
        var peers = Metrics.Peers;
        Advance(TimeSpan.FromSeconds(6));

        Assert.Equal((2, 1), (peers, Metrics.Peers));
        Assert.Equal(["bob online", "bob offline"], alice.PresenceLog);
    }

    /// <summary>What it says waits until the test lets everything happen.</summary>
    private InMemorySocket ConnectHasty()
    {
        var socket = new InMemorySocket(Time, () => { });
        Tell(Directory, new DirectoryProtocol.Connect(socket, ClientOrigin.Unknown));
        return socket;
    }
}
