using Akka.Actor;
using Akka.Cluster;
using Akka.TestKit.Xunit2;
using Signaling.Actors.Messages;
using Signaling.Actors.Protocol;
using Signaling.Actors.Tests.Testing;
using Signaling.Cluster.Links;
using Signaling.Cluster.Rosters;
using Signaling.Cluster.Tests.Wire;
using static Signaling.Actors.Directory.ReplicaProtocol;

namespace Signaling.Cluster.Tests.Presence;

/// <summary>Who tells other nodes of this one's peers, on a thread of its own: it must not stay at work for a node that is gone.</summary>
public sealed class ReplicatorSpecs : TestKit
{
    [Fact]
    public void A_node_that_is_gone_takes_nothing_and_holds_nobody_up()
    {
        var (gone, there) = (Link(1), Link(2));
        var replicator = Sys.ActorOf(ReplicatorActor.Props([gone, there]));
        AwaitAssert(() => Assert.NotEqual(0, there.WaitingBytes));  // it has begun
        var begun = there.WaitingBytes;
        gone.Close();                                               // the actor hears of this later than a peer comes
        replicator.Tell(new Here(NodeSpecs.Peer("alice"), new Epoch(1, 1), Device.Unknown, ConnectedAt: 1));
        Watch(replicator);
        replicator.Tell(PoisonPill.Instance);

        ExpectTerminated(replicator);
        Assert.Equal(0, gone.WaitingBytes);
        Assert.NotEqual(begun, there.WaitingBytes);
    }

    private static NodeLink Link(int number) =>
        new(new UniqueAddress(new Address("akka.tcp", "signaling", "far", 9_000 + number), number), new Recorder($"pump{number}"), maxBytes: 1_000_000);
}
