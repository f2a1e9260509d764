using Akka.Actor;
using Akka.Cluster;
using Signaling.Actors.Protocol;
using Signaling.Actors.Tests.Testing;
using Signaling.Cluster.Hosting;
using Signaling.Cluster.Links;
using Signaling.Cluster.Mailboxes;
using Signaling.Cluster.Tests.Wire;
using Signaling.Cluster.Wire;
using static Signaling.Actors.Messages.MailboxProtocol;

namespace Signaling.Cluster.Tests.Mailboxes;

/// <summary>Who looks for mailboxes: a region that may lose what it is told is asked until it answers.</summary>
public sealed class FinderSpecs : VirtualTimeSpecs
{
    private static readonly PeerId Bob = NodeSpecs.Peer("bob");
    private readonly Recorder _region = new("region");
    private readonly Recorder _alice = new("alice");
    private readonly ClusterMailboxes _mailboxes;
    private readonly NodeLink _link;
    private readonly IActorRef _finder;

    public FinderSpecs()
    {
        _mailboxes = new ClusterMailboxes(new ClusterOptions(), Time);
        _finder = Start(Props.Create<FinderActor>(_mailboxes, _region));
        _mailboxes.Started((IInternalActorRef)_finder);
        _link = new NodeLink(new UniqueAddress(new Address("akka.tcp", "signaling", "far", 9_003), 2), new Recorder("pump"), maxBytes: 1_000_000);
    }

    [Fact]
    public void The_region_is_asked_again_with_ever_longer_pauses_of_at_most_a_second()
    {
        Send();
        var after = new List<int>();
        for (var i = 0; i < 10; i++)
        {
            Advance(TimeSpan.FromSeconds(1));
            after.Add(Asked);
        }

        Assert.InRange(after[0], 4, 6);
        Assert.All(after.Zip(after.Skip(1)).Skip(1), pair => Assert.InRange(pair.Second - pair.First, 1, 1));
    }

    [Fact]
    public void What_was_found_is_not_asked_for_again()
    {
        _mailboxes.LinkOpened(_link);
        Send();

        Tell(_finder, new Located(Bob), new Far(_link.Node.Address));
        var asked = Asked;
        Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(asked, Asked);
        Assert.Equal(ItemKind.Deliver, Kind(TwoNodes.Bytes(_link)));
        Assert.False(_mailboxes.AddressOf(Bob).IsSought);
    }

    [Fact]
    public void On_a_node_to_which_there_is_no_link_yet_it_is_not_found_yet()
    {
        Send();
        Tell(_finder, new Located(Bob), new Far(_link.Node.Address));
        var asked = Asked;
        _mailboxes.LinkOpened(_link);

        Advance(TimeSpan.FromSeconds(2));
        Tell(_finder, new Located(Bob), new Far(_link.Node.Address));

        Assert.True(Asked > asked);
        Assert.False(_mailboxes.AddressOf(Bob).IsSought);
    }

    [Fact]
    public void One_that_has_come_here_is_not_asked_for_any_more()
    {
        Send();
        var mailbox = new Recorder("mailbox");

        _mailboxes.AddressOf(Bob).LeadTo(mailbox);
        Advance(TimeSpan.FromSeconds(2));
        var asked = Asked;
        Advance(TimeSpan.FromSeconds(10));

        Assert.Single(mailbox.Told);
        Assert.Equal(asked, Asked);
    }

    [Fact]
    public void When_a_node_is_gone_all_are_asked_for_at_once()
    {
        _mailboxes.LinkOpened(_link);
        Send();
        Advance(TimeSpan.FromSeconds(5));
        var asked = Asked;

        _link.Close();
        _mailboxes.LinkClosed(_link);
        Settle();

        Assert.Equal(asked + 1, Asked);
    }

    [Fact]
    public void The_end_of_a_connection_is_told_to_the_nodes_that_know_it()
    {
        _mailboxes.LinkOpened(_link);
        var connection = Start(Props.Create<Nothing>());
        Assert.True(_mailboxes.AddressOf(Bob).TryTell(new Attach(Bob, connection, Acks: false), ActorRefs.Nobody));
        Settle();
        Tell(_finder, new Located(Bob), new Far(_link.Node.Address));
        TwoNodes.Bytes(_link);

        Tell(connection, PoisonPill.Instance);

        Assert.Equal(ItemKind.ConnectionGone, Kind(TwoNodes.Bytes(_link)));
    }

    private int Asked => _region.Told.Count(told => told.Message.Equals(new Locate(Bob)));

    private void Send()
    {
        Assert.True(_mailboxes.AddressOf(Bob).TryTell(new Deliver(Bob, NodeSpecs.Peer("alice"), MessageType.Offer, default, WantsReceipt: false, default), _alice));
        Settle();
    }

    private static ItemKind Kind(byte[] bytes)
    {
        _ = new ItemReader(bytes, new PeerIds()).ReadItem(out var kind);
        return kind;
    }

    private sealed class Nothing : UntypedActor
    {
        protected override void OnReceive(object message)
        {
        }
    }

    /// <summary>A mailbox as it is seen from another node.</summary>
    private sealed class Far(Address node) : MinimalActorRef
    {
        public override ActorPath Path { get; } = new RootActorPath(node) / "mailbox";

        public override IActorRefProvider Provider => null!;
    }
}
