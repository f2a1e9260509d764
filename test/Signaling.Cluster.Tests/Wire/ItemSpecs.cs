using Akka.Actor;
using Akka.Dispatch.SysMsg;
using CsCheck;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;
using Signaling.Cluster.Links;
using Signaling.Cluster.Wire;
using static Signaling.Actors.Messages.MailboxProtocol;
using static Signaling.Cluster.Tests.Wire.Values;

namespace Signaling.Cluster.Tests.Wire;

/// <summary>What one node says arrives on the other as it was said.</summary>
public sealed class ItemSpecs
{
    private static readonly ErrorCode[] Refusals = [ErrorCode.RecipientBusy, ErrorCode.MailboxQuota, ErrorCode.StoreUnavailable];

    [Fact]
    public void A_message_reaches_its_mailbox_and_what_became_of_it_its_sender() => Gen.Select(Messages, Gen.Int[0, 5]).Sample(
        (message, outcome) =>
        {
            var (nodes, sender) = (new TwoNodes(), new Recorder());
            var mailbox = nodes.FarMailbox(message.Peer);
            object? answer = outcome switch
            {
                0 => new Delivered(message.Peer, message.Id),
                1 => new Stored(message.Peer, message.Id, message.Type, message.WantsReceipt),
                5 => null,
                _ => new Refused(message.Id, Refusals[outcome - 2]),
            };

            nodes.Send(message, sender);
            nodes.Carry();
            if (answer is null) ((ICustodian)mailbox.LastSender).Release();
            else mailbox.LastSender.Tell(answer);
            nodes.Carry();

            Assert.Equal(Plain(message), Plain(Assert.Single(mailbox.Told).Message));
            Assert.Equal(answer is null ? [] : [Plain(answer)], sender.Told.Select(told => Plain(told.Message)));
            Assert.Equal(0, nodes.Near.KeptBytes);
        },
        iter: 500);

    [Fact]
    public void Numbers_come_back_as_they_were() => Gen.Select(Messages, Numbers, Numbers).Sample((message, number, attempt) =>
    {
        var nodes = new TwoNodes();
        var mailbox = nodes.FarMailbox(message.Peer);

        nodes.Out.TryDeliver(message, number + 1, previous: 0, attempt, isResent: false);
        nodes.Out.TryDeliver(message, number + 3, previous: number + 2, attempt, isResent: false);
        nodes.Carry();                                              // the second is not taken, as it misses one
        mailbox.LastSender.Tell(new Delivered(message.Peer, message.Id));

        Assert.Single(mailbox.Told);
        var answer = new ItemReader(TwoNodes.Bytes(nodes.Back), new PeerIds()).ReadItem(out _);
        Assert.Equal((message.Peer, number + 1), (answer.ReadPeer(), answer.ReadLong()));
    });

    [Fact]
    public void Who_misses_a_mailbox_hears_of_which_attempt() => Gen.Select(Messages, Numbers).Sample((message, attempt) =>
    {
        var nodes = new TwoNodes();
        nodes.Out.TryDeliver(message, number: 1, previous: 0, attempt, isResent: false);
        Carry(nodes.Out, nodes);

        var item = new ItemReader(TwoNodes.Bytes(nodes.Back), new PeerIds()).ReadItem(out var kind);

        Assert.Equal((ItemKind.NotHere, message.Peer, attempt), (kind, item.ReadPeer(), item.ReadLong()));
    });

    [Fact]
    public void A_connection_registers_and_says_what_it_has() => Gen.Select(Peers, Epochs, Numbers, Gen.Bool, Gen.Bool).Sample((peer, epoch, through, acks, isReturning) =>
    {
        var (nodes, connection) = (new TwoNodes(), new Recorder());
        var mailbox = nodes.FarMailbox(peer);

        nodes.Send(new Attach(peer, connection, acks, isReturning ? epoch : null), ActorRefs.Nobody);
        nodes.Carry();
        var attach = Assert.IsType<Attach>(mailbox.Last);
        attach.Connection.Tell(new Attached(peer, epoch, IsReconnect: true));
        nodes.Carry();
        connection.LastSender.Tell(new Confirm(peer, epoch, through));
        connection.LastSender.Tell(new Detach(peer, epoch, through));
        nodes.Carry();

        Assert.Equal((peer, acks, isReturning ? epoch : null), (attach.Peer, attach.Acks, attach.Previous));
        Assert.Equal(new Attached(peer, epoch, IsReconnect: true), connection.Last);
        Assert.Equal([new Confirm(peer, epoch, through), new Detach(peer, epoch, through)], mailbox.Told.Skip(1).Select(told => told.Message));
    });

    [Fact]
    public void A_mailbox_tells_a_connection() => Gen.Select(Peers, Peers, Epochs, Numbers, Gen.Bool, Bytes).Sample((peer, from, epoch, seq, flag, json) =>
    {
        var (nodes, connection) = (new TwoNodes(), new Recorder());
        var mailbox = nodes.FarMailbox(peer);
        nodes.Send(new Attach(peer, connection, Acks: false), ActorRefs.Nobody);
        nodes.Carry();
        object[] told =
        [
            new Attached(peer, epoch, flag), new NotAttached(peer), new Replaced(peer, epoch), new Release(peer, epoch), new AttachAgain(peer), new TooSlow(peer),
            new HandOver(peer, from, seq, flag, json),
        ];

        foreach (var message in told) ((Attach)mailbox.Last).Connection.Tell(message);
        nodes.Carry();

        Assert.Equal(told.Select(Plain), connection.Told.Select(message => Plain(message.Message)));
    });

    [Fact]
    public void Whoever_watches_a_connection_hears_that_it_has_ended()
    {
        var (nodes, connection, peer) = (new TwoNodes(), new Recorder(), Peer("bob"));
        var mailbox = nodes.FarMailbox(peer);
        nodes.Send(new Attach(peer, connection, Acks: false), ActorRefs.Nobody);
        nodes.Carry();
        var (remote, watcher) = ((IInternalActorRef)((Attach)mailbox.Last).Connection, new Watcher());
        remote.SendSystemMessage(new Watch(remote, watcher));

        nodes.Near.ConnectionEnded(connection);
        nodes.Carry();
        remote.SendSystemMessage(new Watch(remote, watcher));

        Assert.Equal([remote, remote], watcher.Ended);
    }

    [Fact]
    public void A_kind_of_a_newer_version_is_skipped_and_what_it_adds_to_a_known_one_too()
    {
        var (nodes, peer) = (new TwoNodes(), Peer("bob"));
        var mailbox = nodes.FarMailbox(peer);
        var writer = new ItemWriter();
        writer.Begin((ItemKind)200);
        writer.Write("news");
        writer.End();
        writer.Begin(ItemKind.Confirm);
        writer.Write(peer);
        writer.Write(new Actors.Messages.Epoch(3, 4));
        writer.Write(5);
        writer.Write("more of it");
        writer.End();
        nodes.Out.Confirm(new Confirm(peer, new Actors.Messages.Epoch(3, 4), 6));

        foreach (var bytes in new[] { writer.Written.ToArray(), TwoNodes.Bytes(nodes.Out) }) Take(bytes, nodes);

        Assert.Equal([5, 6], mailbox.Told.Select(told => ((Confirm)told.Message).Through));
    }

    private static void Carry(NodeLink link, TwoNodes nodes) => Take(TwoNodes.Bytes(link), nodes);

    private static void Take(byte[] bytes, TwoNodes nodes)
    {
        for (var batch = new ItemReader(bytes, new PeerIds()); !batch.IsAtEnd;)
        {
            var item = batch.ReadItem(out var kind);
            nodes.Far.Take(nodes.Back, kind, item);
        }
    }

    private sealed class Watcher : MinimalActorRef
    {
        public override ActorPath Path { get; } = new RootActorPath(new Address("akka", "test")) / "watcher";

        public override IActorRefProvider Provider => null!;

        public List<IActorRef> Ended { get; } = [];

        public override void SendSystemMessage(ISystemMessage message)
        {
            if (message is DeathWatchNotification ended) Ended.Add(ended.Actor);
        }
    }
}
