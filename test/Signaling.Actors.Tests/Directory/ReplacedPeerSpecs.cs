using Akka.Actor;
using Signaling.Actors.Messages;
using Signaling.Actors.Protocol;
using Signaling.Actors.Tests.Testing;
using static Signaling.Actors.Messages.DirectoryProtocol;

namespace Signaling.Actors.Tests.Directory;

/// <summary>The connections of a peer that is replaced tell the directory in any order, or one of them never does, while the test plays them: it neither flaps nor stays for ever.</summary>
public sealed class ReplacedPeerSpecs : NodeSpecs
{
    private static readonly PeerId Bob = Peer("bob");
    private readonly InMemorySocket _alice;

    public ReplacedPeerSpecs()
    {
        _alice = Register("alice");
        _alice.ShowsLifeAlways = true;
        Online(1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Whichever_comes_first_it_stays_online(bool successorFirst)
    {
        if (successorFirst) Online(2);
        Offline(1, isReplaced: true);
        if (!successorFirst) Online(2);
        Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(["bob online"], _alice.PresenceLog);
        Assert.True(IsListed());
    }

    [Fact]
    public void A_successor_of_which_nothing_is_heard_is_waited_for_five_seconds()
    {
        Offline(1, isReplaced: true);

        Advance(TimeSpan.FromMilliseconds(4_990));
        var (listedBefore, logBefore) = (IsListed(), _alice.PresenceLog.Count);
        Advance(TimeSpan.FromMilliseconds(10));
        var listedThen = IsListed();
        Advance(TimeSpan.FromSeconds(1));

        Assert.Equal((true, 1, false), (listedBefore, logBefore, listedThen));
        Assert.Equal(["bob online", "bob offline"], _alice.PresenceLog);
        Assert.Equal(1, Metrics.Peers);
    }

    [Fact]
    public void A_successor_that_is_replaced_in_turn_before_its_predecessor_tells_is_not_forgotten()
    {
        Online(2);
        Offline(2, isReplaced: true);
        Offline(1, isReplaced: true);
        Advance(TimeSpan.FromSeconds(6));

        Assert.Equal(["bob online", "bob offline"], _alice.PresenceLog);
    }

    [Fact]
    public void A_successor_that_leaves_before_its_predecessor_tells_is_gone_at_once()
    {
        Online(2);
        Offline(2);
        Offline(1, isReplaced: true);
        var listed = IsListed();
        Advance(TimeSpan.FromSeconds(1));

        Assert.False(listed);
        Assert.Equal(["bob online", "bob offline"], _alice.PresenceLog);
    }

    [Fact]
    public void A_successor_that_leaves_without_having_come_takes_its_predecessor_along()
    {
        Offline(2);
        Offline(1, isReplaced: true);

        Assert.False(IsListed());
    }

    [Fact]
    public void The_end_of_an_older_registration_changes_nothing()
    {
        Online(2);
        Offline(1);
        Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(["bob online"], _alice.PresenceLog);
        Assert.True(IsListed());
    }

    private void Online(long registration) => Tell(Directory, new PeerOnline(Bob, new Epoch(1, registration), ActorRefs.Nobody, Device.Unknown));

    private void Offline(long registration, bool isReplaced = false) => Tell(Directory, new PeerOffline(Bob, new Epoch(1, registration), isReplaced));

    private bool IsListed()
    {
        _alice.Says("""{"type":"get-peers"}""");
        return _alice.Received[^1].Contains("\"bob\"", StringComparison.Ordinal);
    }
}
