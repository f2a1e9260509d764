using System.Text.Json;
using Akka.Actor;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;
using Signaling.Actors.Tests.Testing;
using Signaling.Cluster.Tests.Simulation;
using Signaling.Cluster.Tests.Wire;
using static Signaling.Actors.Messages.MailboxProtocol;

namespace Signaling.Cluster.Tests.Mailboxes;

/// <summary>A mailbox that another node is to have, whatever it is doing: it takes nothing more, says what was delivered, stores the rest, and stops.</summary>
public sealed class HandOffSpecs : SimulatedCluster
{
    private static readonly PeerId Bob = NodeSpecs.Peer("bob");
    private readonly SimulatedNode _one;
    private readonly SimulatedNode _two;
    private readonly SimulatedNode _three;
    private readonly InMemorySocket _alice;

    public HandOffSpecs()
    {
        (_one, _two, _three) = (Join(), Join(), Join());
        _alice = Register(_three, "alice");
        Place(Bob, _one);
    }

    [Fact]
    public void What_is_on_its_way_to_the_store_is_stored_first()
    {
        var bob = Register(_one, "bob", isWritable: false);
        Send(1);
        Send(2);
        Pass(TimeSpan.FromSeconds(1));
        Store.Latency = TimeSpan.FromMilliseconds(300);
        bob.Vanish();

        Move(Bob, _two);
        Pass(TimeSpan.FromMilliseconds(200));
        var isMovingMeanwhile = IsMoving(Bob);
        Pass(TimeSpan.FromMilliseconds(200));

        Assert.True(isMovingMeanwhile);
        Assert.Equal([1, 2], Received(Attach(_two)));
        Assert.Equal(0, _three.Mailboxes.KeptBytes);
    }

    [Fact]
    public void What_came_while_it_opens_is_looked_at_first()
    {
        Store.Latency = TimeSpan.FromMilliseconds(300);
        var bob = Register(_one, "bob");
        Send(1);
        Pass(TimeSpan.FromMilliseconds(100));

        Move(Bob, _two);
        Pass(TimeSpan.FromSeconds(2));

        Assert.False(IsMoving(Bob));
        Assert.NotNull(_two.Mailbox(Bob));
        Assert.Equal([1], Received(bob));
        Assert.Empty(Answers());
    }

    [Fact]
    public void One_that_cannot_be_opened_does_not_wait_for_that()
    {
        FailStore(_one, TimeSpan.FromSeconds(8));
        var bob = Register(_one, "bob");
        Pass(TimeSpan.FromMilliseconds(100));

        Move(Bob, _two);
        Pass(TimeSpan.FromSeconds(1.5));

        Assert.NotNull(_two.Mailbox(Bob));
        Assert.Contains("registered", bob.Types);
    }

    [Fact]
    public void One_that_has_to_be_opened_again_on_its_way_out_still_goes()
    {
        Send(1);
        Pass(TimeSpan.FromSeconds(2));                              // stored, and in the store alone
        var (mailbox, bob) = (Mailbox(Bob)!, new Recorder("bob"));

        mailbox.Tell(MailboxActor.HandOff.Instance);
        Told(mailbox, new Attach(Bob, bob, Acks: false));
        Pass(TimeSpan.FromSeconds(2));                              // Bob says nothing

        Assert.Contains(bob.Told, told => told.Message is HandOver);
        Assert.IsType<AttachAgain>(bob.Last);
        Assert.Null(Mailbox(Bob));
        Assert.Equal([1], Received(Attach(_two)));
    }

    [Fact]
    public void What_its_client_has_is_not_delivered_again()
    {
        var bob = Register(_one, "bob");
        bob.Confirms = false;
        Send(1);
        Send(2, wantsReceipt: true);
        Pass(TimeSpan.FromMilliseconds(500));
        bob.Confirms = true;

        Move(Bob, _two);
        bob.WriteOut(0);                                            // the pong
        Pass(TimeSpan.FromSeconds(1));

        Assert.NotNull(_two.Mailbox(Bob));
        Assert.Equal([1, 2], Received(bob));
        Assert.Equal([("m2", "delivered")], Answers());
        Send(3);
        Pass(TimeSpan.FromSeconds(1));
        Assert.Equal([1, 2, 3], Received(bob));
    }

    [Fact]
    public void What_a_silent_client_may_have_is_delivered_again_by_the_successor()
    {
        var bob = Register(_one, "bob");
        bob.Confirms = false;
        Send(1);
        Pass(TimeSpan.FromMilliseconds(500));

        Move(Bob, _two);
        Pass(MailboxOptions.TakeoverTimeout - TimeSpan.FromMilliseconds(100));
        var isMovingMeanwhile = IsMoving(Bob);
        Pass(TimeSpan.FromSeconds(1));

        Assert.True(isMovingMeanwhile);
        Assert.Equal([1, 1], Received(bob));
        Assert.Contains("offline-message", bob.Types);
        Assert.Equal(0, _three.Mailboxes.KeptBytes);
    }

    [Fact]
    public void What_a_replaced_connection_has_is_not_delivered_again_by_the_successor()
    {
        var old = Register(_one, "bob");
        old.Confirms = false;
        Send(1);
        Pass(TimeSpan.FromMilliseconds(500));
        var bob = Register(_two, "bob");
        Pass(TimeSpan.FromMilliseconds(100));                       // the old one is asked what it has

        Move(Bob, _two);
        Pass(TimeSpan.FromMilliseconds(100));
        old.Confirms = true;
        old.WriteOut(0);
        Pass(TimeSpan.FromSeconds(1));
        Send(2);
        Pass(TimeSpan.FromSeconds(1));

        Assert.Equal([1], Received(old));
        Assert.Equal([2], Received(bob));
    }

    [Fact]
    public void Connections_that_replace_each_other_too_often_do_not_hold_it_up()
    {
        var bobs = Enumerable.Range(0, 12).Select(_ => Register(_one, "bob")).ToArray(); // the last ones have to wait
        Pass(TimeSpan.FromMilliseconds(100));

        Move(Bob, _two);
        Pass(TimeSpan.FromSeconds(1));

        Assert.False(IsMoving(Bob));
        Pass(TimeSpan.FromSeconds(30));
        Send(1);
        Pass(TimeSpan.FromSeconds(1));
        Assert.Equal([1], bobs.SelectMany(Received));
        Assert.Single(bobs, bob => bob.CloseFrame is null);
    }

    [Fact]
    public void A_store_that_fails_is_tried_until_it_has_everything()
    {
        var bob = Register(_one, "bob", isWritable: false);
        Send(1, wantsReceipt: true);
        Pass(TimeSpan.FromSeconds(1));
        FailStore(_one, TimeSpan.FromSeconds(4));
        bob.Vanish();

        Move(Bob, _two);
        Pass(TimeSpan.FromSeconds(3));
        var isMovingMeanwhile = IsMoving(Bob);
        Pass(TimeSpan.FromSeconds(4));

        Assert.True(isMovingMeanwhile);
        Assert.Equal([("m1", "stored")], Answers());
        Assert.Equal([1], Received(Attach(_two)));
    }

    [Fact]
    public void Who_sends_to_a_peer_that_is_here_is_not_told_that_it_is_away()
    {
        var bob = Register(_one, "bob");
        Pass(TimeSpan.FromSeconds(1));

        Move(Bob, _two);
        for (var n = 1; n <= 20; n++)
        {
            Send(n);
            Pass(TimeSpan.FromMilliseconds(10));
        }
        Pass(TimeSpan.FromSeconds(1));

        Assert.Equal(Enumerable.Range(1, 20), Received(bob));
        Assert.Empty(Answers());
    }

    private void Send(int n, bool wantsReceipt = false) => _alice.Says($$"""{"type":"offer","to":"bob","id":"m{{n}}"{{(wantsReceipt ? ""","receipt":true""" : "")}},"n":{{n}}}""");

    private InMemorySocket Attach(SimulatedNode node)
    {
        var socket = Register(node, "bob");
        Pass(TimeSpan.FromSeconds(1.5));
        return socket;
    }

    private IEnumerable<(string Id, string Answer)> Answers() =>
        from json in _alice.Received
        let answer = JsonDocument.Parse(json).RootElement
        let type = answer.GetProperty("type").GetString()!
        where type is "receipt" or "error" or "peer-offline"
        select (answer.GetProperty(type == "peer-offline" ? "messageId" : "id").GetString()!, type == "receipt" ? answer.GetProperty("status").GetString()! : type);

    private static int[] Received(InMemorySocket socket) => [.. NodeSpecs.Numbers(socket)];
}
