using System.Text;
using CsCheck;
using Signaling.Actors.Messages;
using Signaling.Actors.Protocol;
using static Signaling.Actors.Messages.MailboxProtocol;

namespace Signaling.Cluster.Tests.Wire;

/// <summary>Anything that nodes may have to tell each other.</summary>
internal static class Values
{
    /// <summary>Each length of the encoding, up to the largest that JSON can name.</summary>
    public static readonly Gen<long> Numbers = Gen.OneOf(Gen.Long[0, 300], Gen.Int[0, 53].SelectMany(bits => Gen.Long[Math.Max(0, (1L << bits) - 2), 1L << bits]));

    public static readonly Gen<Epoch> Epochs = Gen.Select(Gen.Long[1, (1L << 41) - 1], Numbers, (generation, registration) => new Epoch(generation, registration));

    /// <summary>Of any Unicode that an id may have, also of its greatest length.</summary>
    public static readonly Gen<PeerId> Peers = Gen.Select(
        Gen.OneOf(Gen.Int[0x20, 0x7E], Gen.Int[0xA0, 0xD7FF], Gen.Int[0xE000, 0xFFFF], Gen.Int[0x1_0000, 0x10_FFFF]).Array[1, 300],
        runes =>
        {
            var text = new StringBuilder();
            foreach (var rune in runes.Select(value => new Rune(value)))
            {
                if (text.Length + rune.Utf16SequenceLength <= PeerId.MaxLength) text.Append(rune);
            }
            return Peer(text.ToString());
        });

    /// <summary>Empty, small, and larger than a batch.</summary>
    public static readonly Gen<ReadOnlyMemory<byte>> Bytes = Gen.Frequency(
        (1, Gen.Const(0)), (10, Gen.Int[1, 200]), (1, Gen.Int[60_000, 1_100_000]))
        .SelectMany(length => Gen.Int.Select(seed => (length, seed)))
        .Select(it =>
        {
            var bytes = new byte[it.length];
            new Random(it.seed).NextBytes(bytes);
            return (ReadOnlyMemory<byte>)bytes;
        });

    public static readonly Gen<Deliver> Messages = Gen.Select(
        Peers, Peers, Gen.Enum<MessageType>(), Gen.Byte.Array[1, 66], Gen.Bool, Bytes, (peer, from, type, id, wantsReceipt, json) => new Deliver(peer, from, type, id, wantsReceipt, json));

    public static PeerId Peer(string id)
    {
        Assert.True(PeerId.TryParse(id, out var peer), id);
        return peer;
    }

    /// <summary>With bytes as text, so that two can be compared.</summary>
    public static object Plain(object message) => message switch
    {
        Deliver it => (it.Peer, it.From, Hex(it.Id), it.WantsReceipt, Hex(it.Json)),
        HandOver it => (it.Peer, it.From, it.Seq, it.IsAwaited, Hex(it.Json)),
        Delivered it => ("delivered", it.Peer, Hex(it.Id)),
        Stored it => ("stored", it.Peer, Hex(it.Id), it.Type, it.WantsReceipt),
        Refused it => ("refused", Hex(it.Id), it.Reason),
        _ => message,
    };

    private static string Hex(ReadOnlyMemory<byte> bytes) => Convert.ToHexString(bytes.Span);
}
