using Akka.Actor;
using Signaling.Actors.Messages;
using Signaling.Actors.Protocol;
using Signaling.Cluster.Hosting;
using Signaling.Cluster.Links;
using Signaling.Cluster.Mailboxes;
using Signaling.Cluster.Tests.Wire;
using Signaling.Cluster.Wire;
using static Signaling.Actors.Messages.MailboxProtocol;

namespace Signaling.Cluster.Tests.Mailboxes;

/// <summary>Where a node tells what is for a mailbox, and what it keeps until that has answered.</summary>
public sealed class AddressSpecs
{
    private static readonly PeerId Bob = Values.Peer("bob");
    private readonly TwoNodes _nodes = new(new ClusterOptions { MaxKeptBytes = 1_000_000 });
    private readonly Recorder _alice = new("alice");

    private ClusterAddress Address => _nodes.Near.AddressOf(Bob);

    [Fact]
    public void Of_messages_for_a_mailbox_that_is_looked_for_a_thousand_wait()
    {
        for (var n = 0; n < ClusterMailboxes.MaxWaiting + 2; n++) Tell(Message(n));
        var refused = Refused();
        var mailbox = _nodes.FarMailbox(Bob);

        Address.LeadTo(_nodes.Out);
        _nodes.Carry();

        Assert.Equal(2, refused);
        Assert.Equal(Enumerable.Range(0, ClusterMailboxes.MaxWaiting), mailbox.Told.Select(told => Number(told.Message)));
        Tell(Message(9));
        Assert.Equal(2, Refused());
    }

    [Fact]
    public void What_a_node_keeps_has_a_bound_which_answers_make_room_in()
    {
        var mailbox = _nodes.FarMailbox(Bob);
        for (var n = 0; n < 12; n++) _nodes.Send(Message(n, bytes: 100_000), _alice);
        _nodes.Carry();
        var (refused, kept) = (Refused(), _nodes.Near.KeptBytes);

        foreach (var (_, sender) in mailbox.Told.ToArray()) sender.Tell(new Delivered(Bob, default));
        _nodes.Carry();
        _nodes.Send(Message(20, bytes: 100_000), _alice);

        Assert.Equal((2, 1_000_000), (refused, kept));
        Assert.Equal(2, Refused());
        Assert.Equal(100_000, _nodes.Near.KeptBytes);
    }

    [Fact]
    public void What_waits_while_a_mailbox_is_looked_for_counts_too()
    {
        for (var n = 0; n < 12; n++) Tell(Message(n, bytes: 100_000));

        Assert.Equal(2, Refused());
        Assert.Equal(1_000_000, _nodes.Near.KeptBytes);
        Lead(new Recorder());
        Assert.Equal(0, _nodes.Near.KeptBytes);
    }

    [Fact]
    public void Nothing_goes_to_a_node_that_is_no_member_any_more()
    {
        Tell(Message(1));
        _nodes.Out.Close();
        _nodes.Near.LinkClosed(_nodes.Out);

        Address.LeadTo(_nodes.Out);                                 // who had found it there did not know yet

        Assert.True(Address.IsSought);
        var mailbox = Lead(new Recorder());
        Assert.Equal(1, Number(Assert.Single(mailbox.Told).Message));
    }

    [Fact]
    public void What_a_lost_node_has_not_answered_goes_to_the_next_in_order()
    {
        _nodes.FarMailbox(Bob);
        for (var n = 1; n <= 3; n++) _nodes.Send(Message(n), _alice);
        _nodes.Out.Close();
        _nodes.Near.LinkClosed(_nodes.Out);
        Tell(Message(4));

        var mailbox = Lead(new Recorder());

        Assert.Equal([1, 2, 3, 4], mailbox.Told.Select(told => Number(told.Message)));
        Assert.Equal(0, _nodes.Near.KeptBytes);
    }

    [Fact]
    public void While_a_mailbox_holds_the_node_of_a_sender_waits()
    {
        var mailbox = _nodes.FarMailbox(Bob);
        _nodes.Send(Message(1), _alice);
        _nodes.Carry();
        Assert.True(_nodes.Far.AddressOf(Bob).TryHold());

        _nodes.Send(Message(2), _alice);
        var whileHeld = _nodes.Carry();
        mailbox.Told[0].Sender.Tell(new Delivered(Bob, default));
        _nodes.Far.AddressOf(Bob).Stopped(mailbox, willRestart: false);
        var afterwards = _nodes.Carry();

        Assert.DoesNotContain(ItemKind.NotHere, whileHeld);
        Assert.Equal([ItemKind.Delivered, ItemKind.NotHere], afterwards);
        Assert.True(Address.IsSought);
        var successor = Lead(new Recorder());
        Assert.Equal([2], successor.Told.Select(told => Number(told.Message)));
    }

    [Fact]
    public void A_mailbox_that_goes_on_after_all_gets_what_came_meanwhile()
    {
        var mailbox = _nodes.FarMailbox(Bob);
        var connection = new Recorder("connection");
        _nodes.Send(Message(1), _alice);
        _nodes.Carry();
        Assert.True(_nodes.Far.AddressOf(Bob).TryHold());
        _nodes.Send(Message(2), _alice);
        _nodes.Send(new Attach(Bob, connection, Acks: false), ActorRefs.Nobody);
        _nodes.Send(Message(3), _alice);
        _nodes.Carry();

        _nodes.Far.AddressOf(Bob).LeadTo(mailbox);
        _nodes.Carry();
        Address.LeadTo(_nodes.Out);
        _nodes.Carry();

        Assert.Equal([1, 2, 3], from told in mailbox.Told where told.Message is Deliver select Number(told.Message));
        Assert.Single(mailbox.Told, told => told.Message is Attach);
    }

    [Fact]
    public void Who_registers_with_a_mailbox_that_holds_and_stops_attaches_again()
    {
        var mailbox = _nodes.FarMailbox(Bob);
        var connection = new Recorder("connection");
        _nodes.Send(Message(1), _alice);
        _nodes.Carry();
        Assert.True(_nodes.Far.AddressOf(Bob).TryHold());
        _nodes.Send(new Attach(Bob, connection, Acks: false), ActorRefs.Nobody);
        _nodes.Carry();

        _nodes.Far.AddressOf(Bob).Stopped(mailbox, willRestart: false);
        _nodes.Carry();

        Assert.Equal([new AttachAgain(Bob)], connection.Told.Select(told => told.Message));
    }

    [Fact]
    public void A_mailbox_that_has_come_here_waits_for_the_last_answers_from_where_it_was()
    {
        var predecessor = _nodes.FarMailbox(Bob);
        _nodes.Send(Message(1), _alice);
        _nodes.Send(Message(2), _alice);
        _nodes.Carry();
        var mailbox = Lead(new Recorder());
        Tell(Message(3));
        Tell(new Attach(Bob, _alice, Acks: false));
        var early = mailbox.Told.Select(told => told.Message).ToArray();

        predecessor.Told[0].Sender.Tell(new Stored(Bob, default, MessageType.Offer, WantsReceipt: false));
        _nodes.Far.AddressOf(Bob).Stopped(predecessor, willRestart: false);
        _nodes.Carry();

        Assert.IsType<Attach>(Assert.Single(early));
        Assert.Equal([2, 3], from told in mailbox.Told where told.Message is Deliver select Number(told.Message));
    }

    [Fact]
    public void One_that_moves_on_at_once_does_not_confuse_the_order()
    {
        var predecessor = _nodes.FarMailbox(Bob);
        _nodes.Send(Message(1), _alice);
        _nodes.Carry();
        var passing = Lead(new Recorder());
        Tell(Message(2));
        Address.Stopped(passing, willRestart: false);
        Tell(Message(3));

        _nodes.Far.AddressOf(Bob).Stopped(predecessor, willRestart: false);
        _nodes.Carry();
        var mailbox = Lead(new Recorder());

        Assert.Empty(passing.Told);
        Assert.Equal([1, 2, 3], mailbox.Told.Select(told => Number(told.Message)));
    }

    [Fact]
    public void A_mailbox_that_restarts_keeps_its_address()
    {
        var mailbox = Lead(new Recorder());
        var address = Address;

        address.Stopped(mailbox, willRestart: true);
        Tell(Message(1));
        address.LeadTo(mailbox);

        Assert.Same(address, Address);
        Assert.Single(mailbox.Told);
    }

    [Fact]
    public void An_address_that_nobody_needs_is_forgotten()
    {
        var mailbox = Lead(new Recorder());
        Address.Stopped(mailbox, willRestart: false);
        Assert.Null(_nodes.Near.Find(Bob));

        _nodes.FarMailbox(Bob);
        _nodes.Send(Message(1), _alice);
        _nodes.Time.Advance(TimeSpan.FromMinutes(2));
        _nodes.Near.ForgetUnused(TimeSpan.FromMinutes(1));
        Assert.NotNull(_nodes.Near.Find(Bob));                      // the message is not answered

        _nodes.Carry();
        _nodes.Back.Answer(Bob, number: 1, new Delivered(Bob, default));
        _nodes.Back.Answer(Bob, number: 2, new Delivered(Bob, default));
        _nodes.Back.Answer(Bob, number: 3, new Delivered(Bob, default));
        _nodes.Carry();
        _nodes.Near.ForgetUnused(TimeSpan.FromMinutes(1));
        Assert.Null(_nodes.Near.Find(Bob));
    }

    [Fact]
    public void Connections_whose_mailbox_was_on_a_lost_node_attach_again_whatever_became_known_of_it_before()
    {
        var (first, second) = (new Recorder("first"), new Recorder("second"));
        var mailbox = _nodes.FarMailbox(Bob);
        foreach (var connection in new[] { first, second }) _nodes.Send(new Attach(Bob, connection, Acks: false), ActorRefs.Nobody);
        _nodes.Carry();
        _nodes.Far.AddressOf(Bob).Stopped(mailbox, willRestart: false);
        _nodes.Send(Message(1), _alice);
        _nodes.Carry();                                             // it is not there

        _nodes.Near.ConnectionEnded(first);
        _nodes.Out.Close();
        _nodes.Near.LinkClosed(_nodes.Out);

        Assert.Equal([new AttachAgain(Bob)], second.Told.Select(told => told.Message));
    }

    [Fact]
    public void An_id_that_was_given_up_does_not_come_back()
    {
        var connection = new Recorder("connection");
        var mailbox = _nodes.FarMailbox(Bob);
        _nodes.Send(new Attach(Bob, connection, Acks: false), ActorRefs.Nobody);
        _nodes.Carry();
        ((Attach)mailbox.Last).Connection.Tell(new Attached(Bob, new Epoch(1, 1), IsReconnect: false));
        _nodes.Carry();
        connection.LastSender.Tell(new Detach(Bob, new Epoch(1, 1), Through: 0));

        _nodes.Out.Close();
        _nodes.Near.LinkClosed(_nodes.Out);

        Assert.IsType<Attached>(Assert.Single(connection.Told).Message);
    }

    [Fact]
    public void Who_has_ended_does_not_register_late()
    {
        var (gone, here) = (new Recorder("gone"), new Recorder("here"));
        Tell(new Attach(Bob, gone, Acks: false));
        Tell(new Attach(Bob, here, Acks: false));

        Address.Withdraw(new Withdraw(Bob, gone, OnlyGivesWay: false));

        var mailbox = Lead(new Recorder());
        Assert.Equal([here], mailbox.Told.Select(told => ((Attach)told.Message).Connection));
    }

    [Fact]
    public void A_link_with_too_much_in_it_refuses_messages_until_it_has_less()
    {
        var link = new NodeLink(_nodes.Out.Node, _nodes.Pump, maxBytes: 10_000);
        Tell(Message(0));
        Address.LeadTo(link);
        for (var n = 1; n < 20; n++) Tell(Message(n, bytes: 1_000));
        var refused = Refused();

        TwoNodes.Bytes(link);
        Tell(Message(20, bytes: 1_000));

        Assert.InRange(refused, 8, 10);
        Assert.Equal(refused, Refused());
    }

    private Recorder Lead(Recorder mailbox)
    {
        Address.LeadTo(mailbox);
        return mailbox;
    }

    private void Tell(IMailboxCommand command) => Assert.True(Address.TryTell(command, _alice));

    private int Refused() => _alice.Told.Count(told => told.Message is Refused { Reason: var reason } && reason == ErrorCode.RecipientBusy);

    private static Deliver Message(int number, int bytes = 4)
    {
        var json = new byte[bytes];
        BitConverter.TryWriteBytes(json, number);
        return new Deliver(Bob, Values.Peer("alice"), MessageType.Offer, default, WantsReceipt: false, json);
    }

    private static int Number(object message) => BitConverter.ToInt32(((Deliver)message).Json.Span);
}
