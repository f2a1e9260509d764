using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit.Xunit2;
using CsCheck;
using Signaling.Actors.Messages;
using Signaling.Cluster.Hosting;
using Signaling.Cluster.Wire;
using static Signaling.Actors.Messages.MailboxProtocol;
using static Signaling.Cluster.Tests.Wire.Values;

namespace Signaling.Cluster.Tests.Wire;

/// <summary>What crosses nodes by Akka's remoting has a serializer of ours, and nothing else crosses.</summary>
public sealed class SerializerSpecs() : TestKit(ConfigurationFactory.ParseString("akka.actor.provider = local").WithFallback(SignalingClusterHosting.EmbeddedHocon()))
{
    [Fact]
    public void A_batch_is_read_as_it_was_written() => Gen.Select(Gen.Int, Numbers, Numbers, Bytes).Sample(
        (to, number, received, items) =>
        {
            var read = Assert.IsType<LinkBatch>(ThroughBytes(new LinkBatch(to, number, received, items)));

            Assert.Equal((to, number, received), (read.To, read.Number, read.Received));
            Assert.True(items.Span.SequenceEqual(read.Items.Span));
        },
        threads: 1);

    [Fact]
    public void A_question_after_a_mailbox_is_read_as_it_was_written() => Peers.Sample(
        peer =>
        {
            Assert.Equal(new Locate(peer), ThroughBytes(new Locate(peer)));
            Assert.Equal(new Located(peer), ThroughBytes(new Located(peer)));
        },
        threads: 1);

    [Theory]
    [InlineData("b2", 40)]
    [InlineData("", 40)]
    [InlineData("b1", 19)]
    [InlineData("l1", 0)]
    [InlineData("f1", 300)]
    public void What_cannot_be_read_is_refused(string manifest, int length) =>
        Assert.Throws<SerializationException>(() => Ours.FromBinary(Enumerable.Repeat((byte)'x', length).ToArray(), manifest));

    [Fact]
    public void Every_other_message_of_ours_is_refused()
    {
        var messages =
            from type in typeof(MailboxProtocol).Assembly.GetTypes().Concat(typeof(LinkBatch).Assembly.GetTypes())
            where type is { IsClass: true, IsAbstract: false }
            select type;

        var serialized = messages.Where(type => Sys.Serialization.FindSerializerForType(type) is not NoSerializer).ToArray();

        Assert.Equal([typeof(LinkBatch), typeof(Locate), typeof(Located)], serialized.Where(type => Sys.Serialization.FindSerializerForType(type) is SignalingSerializer).OrderBy(type => type.Name));
        Assert.Equal(3, serialized.Length);
        Assert.Throws<SerializationException>(() => Sys.Serialization.FindSerializerFor(new Attach(Peer("bob"), ActorRefs.Nobody, Acks: false)).ToBinary(new object()));
    }

    private SignalingSerializer Ours => (SignalingSerializer)Sys.Serialization.FindSerializerForType(typeof(LinkBatch));

    private object ThroughBytes(object message)
    {
        var serializer = (SignalingSerializer)Sys.Serialization.FindSerializerFor(message);
        return Sys.Serialization.Deserialize(serializer.ToBinary(message), serializer.Identifier, serializer.Manifest(message));
    }
}
