using System.Text;
using CsCheck;
using Signaling.AspNetCore.Transport;

namespace Signaling.Node.Tests.Transport;

/// <summary>Generators for the properties of the codec.</summary>
internal static class FrameGens
{
    /// <summary>One control frame and what the reader is to say of it.</summary>
    public sealed record Control(byte[] Frame, string Event);

    /// <summary>Frames of one message with control frames between them, and what the reader is to say of them, in order.</summary>
    public sealed record Conversation(byte[] Frames, string[] Events);

    /// <summary>A code point in UTF-8, of one to four bytes alike.</summary>
    public static readonly Gen<byte[]> CodePoint = Gen
        .OneOf(Gen.Int[0, 0x7F], Gen.Int[0x80, 0x7FF], Gen.Int[0x800, 0xD7FF], Gen.Int[0xE000, 0xFFFF], Gen.Int[0x1_0000, 0x10_FFFF])
        .Select(value => Encoding.UTF8.GetBytes(new Rune(value).ToString()));

    public static readonly Gen<byte[]> Utf8Text = CodePoint.Array[0, 60].Select(points => points.SelectMany(point => point).ToArray());

    /// <summary>Bytes that are often UTF-8, often nearly, and sometimes not at all.</summary>
    public static readonly Gen<byte[]> NearlyUtf8 = Gen
        .Frequency(
            (6, CodePoint),
            (1, CodePoint.Select(point => point[..^1])),
            (1, Gen.OneOf<byte>(0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xDF, 0xE0, 0xED, 0xEF, 0xF0, 0xF4, 0xF5, 0xFF).Select(one => new[] { one })))
        .Array[0, 12].Select(parts => parts.SelectMany(part => part).ToArray());

    /// <summary>Lengths of reads, used in turn and again.</summary>
    public static readonly Gen<int[]> Reads = Gen.OneOf(Gen.Int[1, 3].Array[1, 5], Gen.Int[1, 200].Array[1, 20], Gen.Const(new[] { int.MaxValue }));

    /// <summary>Any number of whole messages and control frames, one after the other.</summary>
    public static readonly Gen<Conversation> ValidStream = Message().Array[0, 6].Select(parts =>
        new Conversation([.. parts.SelectMany(part => part.Frames)], [.. parts.SelectMany(part => part.Events)]));

    /// <summary>Frames with anything in their headers, though mostly something plausible.</summary>
    public static readonly Gen<byte[]> PlausibleStream = AnyFrame().Array[0, 8].Select(frames => frames.SelectMany(frame => frame).ToArray());

    private static Gen<byte[]> AnyFrame() => Gen.Select(
        Gen.Frequency((4, Gen.Int[0, 2]), (2, Gen.Int[8, 10]), (1, Gen.Int[0, 15])),
        Gen.OneOf(NearlyUtf8, Gen.Byte.Array[0, 140]),
        Gen.Bool,
        Gen.Frequency((30, Gen.Const(0)), (1, Gen.Int[1, 7])),
        Gen.UInt,
        Gen.Frequency((30, Gen.Const(-1)), (1, Gen.OneOf(2, 8))),
        Gen.Frequency((30, Gen.Const(true)), (1, Gen.Const(false))),
        (opcode, payload, fin, rsv, key, lengthBytes, masked) =>
            ClientFrames.Frame((Opcode)opcode, payload, fin, rsv, key, lengthBytes < 0 ? null : lengthBytes, masked));

    private static Gen<Conversation> Message() => Gen.Select(
        Gen.Bool,
        Utf8Text,
        Gen.Frequency((12, Gen.Byte.Array[0, 300]), (1, Gen.Int[65_530, 65_540].Select(length => Enumerable.Range(0, length).Select(i => (byte)(i * 7)).ToArray()))),
        Gen.Int[0, 300].Array[0, 6],
        AnyControl().Array[0, 2].Array[8],
        Gen.UInt.Array[8],
        (isText, text, bytes, cuts, controls, keys) => Fragment(isText ? Opcode.Text : Opcode.Binary, isText ? text : bytes, cuts, controls, keys));

    private static Gen<Control> AnyControl() => Gen.Select(Gen.Bool, Gen.OneOf(Gen.Byte.Array[0, 8], Gen.Byte.Array[120, 125]), Gen.UInt, (isPing, payload, key) =>
        new Control(ClientFrames.Frame(isPing ? Opcode.Ping : Opcode.Pong, payload, key: key), FrameLog.Describe(isPing ? FrameEventKind.Ping : FrameEventKind.Pong, payload)));

    private static Conversation Fragment(Opcode opcode, byte[] payload, int[] cuts, Control[][] controls, uint[] keys)
    {
        var (frames, events) = (new List<byte>(), new List<string>());
        var ends = cuts.Select(cut => Math.Min(cut, payload.Length)).Order().Append(payload.Length).ToArray();
        for (var (i, start) = (0, 0); i < ends.Length; start = ends[i++])
        {
            foreach (var control in controls[i])
            {
                frames.AddRange(control.Frame);
                events.Add(control.Event);
            }
            frames.AddRange(ClientFrames.Frame(i == 0 ? opcode : Opcode.Continuation, payload.AsSpan(start..ends[i]), fin: i == ends.Length - 1, key: keys[i]));
        }
        events.Add(FrameLog.Describe(FrameEventKind.Message, payload));
        return new Conversation([.. frames], [.. events]);
    }
}
