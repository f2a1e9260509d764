using System.Buffers.Binary;
using System.Runtime.Serialization;
using System.Text;
using Akka.Actor;
using Akka.Serialization;
using Signaling.Actors.Messages;
using Signaling.Actors.Protocol;

namespace Signaling.Cluster.Wire;

/// <summary>Everything of ours that crosses nodes, as bytes with a manifest that names their version. A node of the next version reads these, too.</summary>
internal sealed class SignalingSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private const string BatchV1 = "b1", LocateV1 = "l1", LocatedV1 = "f1";
    private const int HeaderBytes = 4 + 8 + 8;

    public override int Identifier => 4_711;

    public override string Manifest(object o) => o switch
    {
        LinkBatch => BatchV1,
        MailboxProtocol.Locate => LocateV1,
        MailboxProtocol.Located => LocatedV1,
        _ => throw new ArgumentException($"{o.GetType()} does not cross nodes.", nameof(o)),
    };

    public override byte[] ToBinary(object obj) => obj switch
    {
        LinkBatch batch => Write(batch),
        MailboxProtocol.Locate locate => Encoding.UTF8.GetBytes(locate.Peer.Value),
        MailboxProtocol.Located located => Encoding.UTF8.GetBytes(located.Peer.Value),
        _ => throw new ArgumentException($"{obj.GetType()} does not cross nodes.", nameof(obj)),
    };

    /// <exception cref="SerializationException">A newer node sent it, or these are no such bytes.</exception>
    public override object FromBinary(byte[] bytes, string manifest) => manifest switch
    {
        BatchV1 when bytes.Length >= HeaderBytes => new LinkBatch(
            BinaryPrimitives.ReadInt32LittleEndian(bytes),
            BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(4)),
            BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(12)),
            bytes.AsMemory(HeaderBytes)),
        LocateV1 => new MailboxProtocol.Locate(Peer(bytes)),
        LocatedV1 => new MailboxProtocol.Located(Peer(bytes)),
        _ => throw new SerializationException($"A message '{manifest}' of {bytes.Length} bytes is none of this version."),
    };

    private static byte[] Write(LinkBatch batch)
    {
        var bytes = new byte[HeaderBytes + batch.Items.Length];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, batch.To);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(4), batch.Number);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(12), batch.Received);
        batch.Items.Span.CopyTo(bytes.AsSpan(HeaderBytes));
        return bytes;
    }

    private static PeerId Peer(byte[] bytes) =>
        PeerId.TryParse(Encoding.UTF8.GetString(bytes), out var peer) ? peer : throw new SerializationException("A peer id from another node is none.");
}

/// <summary>Stands where Akka's reflection serializer would: what has no serializer of its own is not to cross nodes.</summary>
internal sealed class NoSerializer(ExtendedActorSystem system) : Serializer(system)
{
    public override int Identifier => 4_712;

    public override bool IncludeManifest => false;

    public override byte[] ToBinary(object obj) => throw new SerializationException($"{obj.GetType()} has no serializer, so it does not cross nodes.");

    public override object FromBinary(byte[] bytes, Type type) => throw new SerializationException("Nothing is read by reflection.");
}
