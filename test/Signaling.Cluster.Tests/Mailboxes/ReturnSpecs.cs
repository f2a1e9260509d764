using Akka.Actor;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Messages;
using Signaling.Actors.Protocol;
using Signaling.Actors.Tests.Testing;
using Signaling.Cluster.Tests.Simulation;
using Signaling.Cluster.Tests.Wire;
using static Signaling.Actors.Messages.MailboxProtocol;

namespace Signaling.Cluster.Tests.Mailboxes;

/// <summary>A mailbox that has come to another node, and connections that were attached to its predecessor.</summary>
public sealed class ReturnSpecs : SimulatedCluster
{
    private static readonly PeerId Bob = NodeSpecs.Peer("bob");
    private readonly SimulatedNode _one;
    private readonly SimulatedNode _two;
    private readonly SimulatedNode _three;

    public ReturnSpecs() => (_one, _two, _three) = (Join(), Join(), Join());

    [Fact]
    public void Messages_wait_a_second_for_a_connection_that_may_come_back()
    {
        Place(Bob, _one);
        var alice = Register(_three, "alice");
        Register(_one, "bob");
        Pass(TimeSpan.FromSeconds(1));
        Kill(_one);
        Pass(Detection);
        Place(Bob, _two);

        alice.Says("""{"type":"offer","to":"bob","n":1}""");
        Pass(TimeSpan.FromMilliseconds(900));
        var before = alice.Types.ToArray();
        Pass(TimeSpan.FromMilliseconds(400));

        Assert.DoesNotContain("peer-offline", before);
        Assert.Contains("peer-offline", alice.Types);
    }

    [Fact]
    public void In_a_shard_that_has_been_here_for_long_nobody_is_waited_for()
    {
        Place(Bob, _one);
        var alice = Register(_three, "alice");
        alice.Says("""{"type":"offer","to":"bob","n":1}""");
        Pass(TimeSpan.FromSeconds(2));
        Pass(TimeSpan.FromMinutes(2));                              // the mailbox stops
        Assert.Null(_one.Mailbox(Bob));
        alice.Received.Clear();

        alice.Says("""{"type":"offer","to":"bob","n":2}""");
        Pass(TimeSpan.FromMilliseconds(200));

        Assert.Contains("peer-offline", alice.Types);
    }

    [Fact]
    public void After_the_loss_of_a_node_its_mailboxes_connections_are_attached_again_elsewhere()
    {
        Place(Bob, _one);
        var (alice, bob) = (Register(_three, "alice"), Register(_two, "bob"));
        Pass(TimeSpan.FromSeconds(1));

        Kill(_one);
        alice.Says("""{"type":"offer","to":"bob","id":"m1","receipt":true,"n":1}""");
        Pass(Detection + TimeSpan.FromSeconds(2));

        Assert.Equal([1], NodeSpecs.Numbers(bob));
        Assert.Equal([("m1", "delivered")], NodeSpecs.Answers(alice));
    }

    [Fact]
    public void Who_registered_meanwhile_keeps_the_id()
    {
        var (mailbox, late, returning) = (Open(), new Recorder("late"), new Recorder("returning"));

        Tell(mailbox, new Attach(Bob, late, Acks: false));
        Tell(mailbox, new Attach(Bob, returning, Acks: false, Previous: new Epoch(1, 7)));

        Assert.Equal([new Replaced(Bob, new Epoch(1, 7))], Messages(returning));
        Assert.IsType<Attached>(Assert.Single(late.Told).Message);
    }

    [Fact]
    public void Of_two_that_return_the_one_that_came_later_keeps_the_id()
    {
        var (mailbox, first, second) = (Open(), new Recorder("first"), new Recorder("second"));

        Tell(mailbox, new Attach(Bob, first, Acks: false, Previous: new Epoch(1, 7)));
        Tell(mailbox, new Attach(Bob, second, Acks: false, Previous: new Epoch(1, 8)));
        Tell(mailbox, new Attach(Bob, first, Acks: false, Previous: new Epoch(1, 7)));

        Assert.IsType<Attached>(Assert.Single(second.Told).Message);
        Assert.Equal([typeof(Attached), typeof(Replaced), typeof(Replaced)], Messages(first).Select(message => message.GetType()));
    }

    [Fact]
    public void A_mailbox_that_another_node_has_opened_leaves_everything_to_that()
    {
        Place(Bob, _one);
        var (alice, local, bob) = (Register(_three, "alice"), Register(_one, "carol"), Register(_two, "bob"));
        Pass(TimeSpan.FromSeconds(1));
        bob.Vanish();
        Pass(TimeSpan.FromSeconds(1));
        _two.Disk.OpenAsync(Bob).AsTask();

        alice.Says("""{"type":"offer","to":"bob","id":"m1","receipt":true,"n":1}""");
        Pass(TimeSpan.FromSeconds(1));
        local.Says("""{"type":"offer","to":"bob","id":"m2","receipt":true,"n":2}""");
        Pass(TimeSpan.FromSeconds(3));

        Assert.Equal(1, Store.Fenced);
        Assert.Equal([("m1", "stored")], NodeSpecs.Answers(alice));
        Assert.Equal([("m2", "stored")], NodeSpecs.Answers(local));
        Assert.Equal(0, _three.Mailboxes.KeptBytes);
    }

    [Fact]
    public void What_is_in_the_queue_of_a_mailbox_that_another_has_opened_is_answered()
    {
        var (mailbox, connection, alice) = (Open(), new Recorder("connection"), new Recorder("alice"));

        mailbox.Tell(new MailboxKeeper.Fenced());
        mailbox.Tell(new Attach(Bob, connection, Acks: false));
        mailbox.Tell(new Deliver(Bob, NodeSpecs.Peer("alice"), MessageType.Offer, "\"m1\""u8.ToArray(), WantsReceipt: true, "{}"u8.ToArray()), alice);
        Pass(TimeSpan.FromMilliseconds(1));

        Assert.Equal([new AttachAgain(Bob)], Messages(connection));
        Assert.Equal(ErrorCode.StoreUnavailable, Assert.IsType<Refused>(alice.Last).Reason);
        Assert.Null(Mailbox(Bob));
    }

    [Fact]
    public void A_mailbox_that_has_failed_is_found_again()
    {
        Place(Bob, _one);
        var (near, far) = (Register(_one, "alice"), Register(_three, "carol"));
        near.Says("""{"type":"offer","to":"bob","n":1}""");
        Pass(TimeSpan.FromSeconds(2));                              // it waits, so the mailbox stays

        Fail(Mailbox(Bob)!);
        near.Says("""{"type":"offer","to":"bob","n":2}""");
        far.Says("""{"type":"offer","to":"bob","n":3}""");
        Pass(TimeSpan.FromSeconds(1));
        var bob = Register(_two, "bob");
        Pass(TimeSpan.FromSeconds(1));

        Assert.Equal([1, 2, 3], NodeSpecs.Numbers(bob));
    }

    private static IEnumerable<object> Messages(Recorder recorder) => recorder.Told.Select(told => told.Message);

    /// <summary>Bob's mailbox, on a node where nobody is expected any more.</summary>
    private IActorRef Open()
    {
        Place(Bob, _one);
        Register(_two, "alice").Says("""{"type":"ping"}""");
        Tell(_one.Region, new SimulatedRegion.Asked(Bob, new Recorder("asker")));
        Pass(TimeSpan.FromSeconds(1.5));
        return Mailbox(Bob)!;
    }
}
