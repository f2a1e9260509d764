using Akka.Actor;
using CsCheck;
using Signaling.Actors.Messages;
using Signaling.Actors.Protocol;
using Signaling.Cluster.Wire;
using static Signaling.Actors.Messages.MailboxProtocol;
using static Signaling.Cluster.Tests.Wire.Values;

namespace Signaling.Cluster.Tests.Wire;

/// <summary>Whatever comes from another node, it is taken or it is a <see cref="FormatException"/>: anything else would end the link, and with it this node's membership.</summary>
public sealed class GarbageProperties
{
    private static readonly PeerId Bob = Peer("bob");

    [Fact]
    public void Bytes_that_are_no_items() => Gen.Byte.Array[0, 100].Sample(bytes => Take(bytes), iter: 20_000);

    [Fact]
    public void Items_that_were_cut_off() => Gen.Int[0, 10_000].Sample(
        at =>
        {
            var bytes = OneOfEachKind();
            Take(bytes[..(at % bytes.Length)]);
        },
        iter: 2_000);

    [Fact]
    public void Items_that_were_damaged() => Gen.Select(Gen.Int[0, 10_000], Gen.Byte).Array[1, 5].Sample(
        damage =>
        {
            var bytes = OneOfEachKind();
            foreach (var (at, value) in damage) bytes[at % bytes.Length] = value;
            Take(bytes);
        },
        iter: 20_000);

    [Fact]
    public void Items_of_any_kind_with_anything_in_them() => Gen.Select(Gen.Byte, Gen.Byte.Array[0, 60]).Sample(
        (kind, content) => Take([.. BitConverter.GetBytes(content.Length + 1), kind, .. content]), iter: 20_000);

    [Fact]
    public void The_sample_has_one_of_each_kind()
    {
        var kinds = new HashSet<ItemKind>();
        for (var batch = new ItemReader(OneOfEachKind(), new PeerIds()); !batch.IsAtEnd;)
        {
            _ = batch.ReadItem(out var kind);
            kinds.Add(kind);
        }

        Assert.Equal(Enum.GetValues<ItemKind>().Except([ItemKind.Roster]), kinds.Order());
    }

    private static byte[] OneOfEachKind()
    {
        var (link, epoch) = (new TwoNodes().Out, new Epoch(3, 4));
        link.TryDeliver(new Deliver(Bob, Peer("alice"), MessageType.Offer, "\"m1\""u8.ToArray(), WantsReceipt: true, "{}"u8.ToArray()), number: 7, previous: 0, attempt: 6, isResent: false);
        link.Attach(new Attach(Bob, ActorRefs.Nobody, Acks: true, epoch), connection: 8, attempt: 6);
        link.Detach(new Detach(Bob, epoch, 9));
        link.Confirm(new Confirm(Bob, epoch, 9));
        link.Ending();
        link.ConnectionGone(8);
        link.Answer(Bob, number: 7, new Delivered(Bob, default));
        link.Answer(Bob, number: 7, new Stored(Bob, default, MessageType.Offer, WantsReceipt: true));
        link.Answer(Bob, number: 7, new Refused(default, ErrorCode.MailboxQuota));
        link.Answer(Bob, number: 7, outcome: null);
        link.NotHere(Bob, attempt: 6);
        foreach (var message in new object[]
        {
            new Attached(Bob, epoch, IsReconnect: true), new NotAttached(Bob), new Replaced(Bob, epoch), new Release(Bob, epoch), new AttachAgain(Bob), new TooSlow(Bob),
            new HandOver(Bob, Peer("alice"), Seq: 10, IsAwaited: true, "{}"u8.ToArray()),
        }) link.Tell(connection: 8, message);
        return TwoNodes.Bytes(link);
    }

    /// <summary>On a node that has a mailbox and a connection to tell, and messages that wait for an answer.</summary>
    private static void Take(byte[] bytes)
    {
        var nodes = new TwoNodes();
        nodes.FarMailbox(Bob);
        var (alice, connection) = (Peer("alice"), new Recorder());
        Assert.True(nodes.Far.AddressOf(alice).TryTell(new Deliver(alice, Bob, MessageType.Offer, default, WantsReceipt: false, default), ActorRefs.Nobody));
        nodes.Far.AddressOf(alice).LeadTo(nodes.Back);
        Assert.True(nodes.Far.AddressOf(alice).TryTell(new Attach(alice, connection, Acks: false), ActorRefs.Nobody));
        try
        {
            for (var batch = new ItemReader(bytes, new PeerIds()); !batch.IsAtEnd;)
            {
                var item = batch.ReadItem(out var kind);
                nodes.Far.Take(nodes.Back, kind, item);
            }
        }
        catch (FormatException)
        {
            // What is said to be thrown.
        }
    }
}
