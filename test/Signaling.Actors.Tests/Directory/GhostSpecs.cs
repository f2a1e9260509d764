using Signaling.Actors.Auth;
using Signaling.Actors.Messages;
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

    /// <summary>What it says waits until the test lets everything happen.</summary>
    private InMemorySocket ConnectHasty()
    {
        var socket = new InMemorySocket(Time, () => { });
        Tell(Directory, new DirectoryProtocol.Connect(socket, ClientOrigin.Unknown));
        return socket;
    }
}
