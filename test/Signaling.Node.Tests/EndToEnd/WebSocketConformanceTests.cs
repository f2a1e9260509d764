using System.Text;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

/// <summary>The running node against RFC 6455, case by case as the Autobahn test suite groups them (crossbario/autobahn-testsuite): a JSON <c>ping</c> is the message, its <c>pong</c> the echo.
/// Each conversation ends with a close, and everything the node said is compared, so that nothing may be missing and nothing too much.</summary>
public sealed class WebSocketConformanceTests(DefaultNode node) : NodeTests<DefaultNode>(node)
{
    private const byte Fin = 0x80, Continuation = 0x0, TextFrame = 0x1, BinaryFrame = 0x2, CloseFrame = 0x8, PingFrame = 0x9, PongFrame = 0xA;

    private static readonly byte[] Close = ClientFrame.Close(1000);
    private static readonly byte[] Hello = Message(TextFrame, 40);

    private static readonly int[] Lengths = [15, 125, 126, 127, 128, 65_535, 65_536];

    /// <summary>Every character that is at the edge of a length class of UTF-8 (RFC 3629 §3).</summary>
    private const string Edges = "\u007f\u0080\u07ff\u0800\ud7ff\ue000\ufffd\U00010000\U0010ffff κόσμε 💬";

    private static readonly string[] BrokenUtf8 =
    [
        "80", "bf", "c0af", "c1bf", "c280c2", "e08080", "e09fbf", "eda080", "edafbf", "edb080", "edbfbf", "eda080edb080", "f0808080", "f08fbfbf", "f4908080", "f5808080", "f8888080", "fe", "ff",
        "c3", "e282", "f09f92", "cebae1bdb9cf83cebcceb5eda080656469746564",
    ];

    [Theory]
    [MemberData(nameof(Framing))]
    [MemberData(nameof(PingsAndPongs))]
    [MemberData(nameof(ReservedBits))]
    [MemberData(nameof(Opcodes))]
    [MemberData(nameof(Fragmentation))]
    [MemberData(nameof(Utf8))]
    [MemberData(nameof(Closing))]
    [MemberData(nameof(Limits))]
    [MemberData(nameof(NotInAutobahn))]
    public async Task Case(ConformanceCase conformance)
    {
        foreach (var piece in conformance.Pieces)
        {
            var client = await OpenRawAsync();
            var reading = client.ReadToEndAsync();
            await SendAsync(client, conformance.Sent, piece);

            Assert.Equal((piece, conformance.Answers), (piece, string.Join(", ", (await reading).Select(Describe))));
        }
    }

    public static TheoryData<ConformanceCase> Framing() =>
    [
        .. from length in Lengths
           from opcode in new[] { TextFrame, BinaryFrame }
           select Of($"1 {(opcode == TextFrame ? "text" : "binary")} of {length}", "pong, close 1000", Message(opcode, length)),
        Of("1 an empty text", "error, close 1000", Frame(Fin | TextFrame)),
        Of("1 an empty binary", "error, close 1000", Frame(Fin | BinaryFrame)),
    ];

    public static TheoryData<ConformanceCase> PingsAndPongs() =>
    [
        Of("2 ping without payload", "PONG , close 1000", Frame(Fin | PingFrame)),
        Of("2 ping with text", "PONG 48656c6c6f, close 1000", Frame(Fin | PingFrame, "Hello"u8.ToArray())),
        Of("2 ping with bytes", "PONG 00fffefdfcfb00ff, close 1000", Frame(Fin | PingFrame, Convert.FromHexString("00fffefdfcfb00ff"))),
        Of("2 ping of 125", $"PONG {new string('f', 250)}, close 1000", Frame(Fin | PingFrame, Filled(125, 0xff))),
        Of("2 ping of 126", "close 1002", Frame(Fin | PingFrame, Filled(126, 0xff))),
        Of("2 pongs that nobody asked for", "PONG 78, close 1000", Frame(Fin | PongFrame), Frame(Fin | PongFrame, [1, 2]), Frame(Fin | PingFrame, [0x78])),
        Of("2 ten pings", string.Join(", ", Enumerable.Range(0, 10).Select(n => $"PONG {n:x2}")) + ", close 1000", [.. Enumerable.Range(0, 10).Select(n => Frame(Fin | PingFrame, [(byte)n]))]),
    ];

    public static TheoryData<ConformanceCase> ReservedBits() =>
    [
        .. from bits in Enumerable.Range(1, 7)
           from opcode in new[] { TextFrame, BinaryFrame, PingFrame, CloseFrame }
           select Of($"3 reserved bits {bits} of opcode {opcode}", "pong, close 1002", Hello, Frame((byte)(Fin | (bits << 4) | opcode), "{}"u8.ToArray()), Hello),
    ];

    public static TheoryData<ConformanceCase> Opcodes() =>
    [
        .. from opcode in new[] { 3, 4, 5, 6, 7, 11, 12, 13, 14, 15 }
           from payload in new[] { 0, 5 }
           select Of($"4 opcode {opcode} with {payload} bytes", "pong, close 1002", Hello, Frame((byte)(Fin | opcode), new byte[payload]), Hello),
    ];

    public static TheoryData<ConformanceCase> Fragmentation() =>
    [
        Of("5 a ping in fragments", "close 1002", Frame(PingFrame, "a"u8.ToArray()), Frame(Fin | Continuation, "b"u8.ToArray())),
        Of("5 a pong in fragments", "close 1002", Frame(PongFrame, "a"u8.ToArray()), Frame(Fin | Continuation, "b"u8.ToArray())),
        Of("5 a close in fragments", "close 1002", Frame(CloseFrame, [3, 232]), Frame(Fin | Continuation)),
        Of("5 a message in two", "pong, close 1000", Fragments(TextFrame, 2)),
        Of("5 a message in many", "pong, close 1000", Fragments(TextFrame, 40)),
        Of("5 a binary message in many", "pong, close 1000", Fragments(BinaryFrame, 40)),
        Of("5 empty fragments", "pong, close 1000", [Frame(TextFrame), .. Fragments(Continuation, 3)]),
        Of("5 a ping between fragments is answered before the message", "PONG 78, pong, close 1000", Between(Fragments(TextFrame, 2), Frame(Fin | PingFrame, [0x78]))),
        Of("5 pings between all fragments", "PONG 78, PONG 78, PONG 78, PONG 78, pong, close 1000", Between(Fragments(TextFrame, 5), Frame(Fin | PingFrame, [0x78]))),
        Of("5 a last continuation without a message", "close 1002", Frame(Fin | Continuation, "{}"u8.ToArray()), Hello),
        Of("5 a continuation without a message", "close 1002", Frame(Continuation, "{}"u8.ToArray()), Hello),
        Of("5 a continuation behind a message", "pong, close 1002", Hello, Frame(Fin | Continuation, "{}"u8.ToArray())),
        Of("5 a new text inside a message", "close 1002", Frame(TextFrame, "{"u8.ToArray()), Hello),
        Of("5 a new binary inside a message", "close 1002", Frame(TextFrame, "{"u8.ToArray()), Message(BinaryFrame, 40)),
        Of("5 two messages in fragments", "pong, pong, close 1000", [.. Fragments(TextFrame, 3), .. Fragments(BinaryFrame, 3)]),
    ];

    public static TheoryData<ConformanceCase> Utf8()
    {
        var message = Encoding.UTF8.GetBytes($$"""{"type":"ping","text":"{{Edges.Replace("\u007f", "", StringComparison.Ordinal)}}"}""");
        return
        [
            .. from cut in Enumerable.Range(0, message.Length + 1)
               select Of($"6 valid, cut at {cut}", "pong, close 1000", Frame(TextFrame, message[..cut]), Frame(Fin | Continuation, message[cut..])),
            Of("6 valid, a fragment for each byte", "pong, close 1000", [.. message.Select((value, i) => Frame((byte)((i == message.Length - 1 ? Fin : 0) | (i == 0 ? TextFrame : Continuation)), [value]))]),
            .. from hex in BrokenUtf8 select Of($"6 broken: {hex}", "close 1007", Frame(Fin | TextFrame, Convert.FromHexString(hex))),
            .. from hex in BrokenUtf8 select Of($"6 broken behind good: {hex}", "pong, close 1007", Hello, Frame(Fin | TextFrame, [.. "{\"a\":\""u8, .. Convert.FromHexString(hex), .. "\"}"u8])),
            .. from hex in BrokenUtf8
               let bytes = Convert.FromHexString(hex)
               select Of($"6 broken in fragments: {hex}", "close 1007", [.. bytes.Select((value, i) => Frame(i == 0 ? TextFrame : Continuation, [value])), Frame(Fin | Continuation, "}"u8.ToArray())]),
            .. from hex in BrokenUtf8 select Of($"6 broken in a binary message: {hex}", "error, close 1000", Frame(Fin | BinaryFrame, Convert.FromHexString(hex))),
        ];
    }

    public static TheoryData<ConformanceCase> Closing() =>
    [
        Of("7 a close behind a message", "pong, close 1000", Hello),
        Of("7 a second close", "close 1000", Close, ClientFrame.Close(1001)),
        Of("7 a message behind a close", "close 1000", Close, Hello),
        Of("7 a ping behind a close", "close 1000", Close, Frame(Fin | PingFrame, [1])),
        Of("7 a close inside a message", "close 1000", Frame(TextFrame, "{"u8.ToArray()), Close),
        Of("7 a close without a code", "close", Frame(Fin | CloseFrame)),
        Of("7 a close of one byte", "close 1002", Frame(Fin | CloseFrame, [3])),
        Of("7 a reason of 123 bytes", "close 1000", Frame(Fin | CloseFrame, [3, 232, .. Filled(123, (byte)'x')])),
        Of("7 a reason of 124 bytes", "close 1002", Frame(Fin | CloseFrame, [3, 232, .. Filled(124, (byte)'x')])),
        Of("7 a reason that is no UTF-8", "close 1007", Frame(Fin | CloseFrame, [3, 232, .. Convert.FromHexString("cebae1bdb9cf83cebcceb5eda080")])),
        .. from code in new[] { 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999 } select Of($"7 code {code}", $"close {code}", ClientFrame.Close(code)),
        .. from code in new[] { 0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535 } select Of($"7 code {code}", "close 1002", ClientFrame.Close(code)),
    ];

    public static TheoryData<ConformanceCase> Limits() =>
    [
        .. from length in new[] { 262_144, 1_000_000 }
           from opcode in new[] { TextFrame, BinaryFrame }
           select Of($"9 opcode {opcode} of {length}", "pong, close 1000", Message(opcode, length)),
        .. from size in new[] { 64, 256, 1_024, 4_096, 65_536, 262_144 }
           select Of($"9 {(size < 1_024 ? 100_000 : 1_000_000)} in fragments of {size}", "pong, close 1000", Chunks(TextFrame, Padded(size < 1_024 ? 100_000 : 1_000_000), size)),
        Of("9 one byte more than the limit", "error, close 1009", Message(TextFrame, 1_000_001)),
        Of("9 one byte more than the limit, in fragments", "error, close 1009", Chunks(TextFrame, Padded(1_000_001), 65_536)),
        Of("10 65,536 in fragments of 1,300", "pong, close 1000", Chunks(TextFrame, Padded(65_536), 1_300)),
    ];

    public static TheoryData<ConformanceCase> NotInAutobahn() =>
    [
        Of("a frame without a mask", "pong, close 1002", Hello, ClientFrame.Of(Fin | TextFrame, "{}"u8.ToArray(), masked: false)),
        Of("a ping without a mask", "close 1002", ClientFrame.Of(Fin | PingFrame, [], masked: false)),
        Of("a length with its top bit set", "close 1002", [Fin | TextFrame, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]),
        Of("a length of 125 in two bytes", "close 1002", [Fin | TextFrame, 0xFE, 0, 125, 0, 0, 0, 0]),
        Of("a length of 65,535 in eight bytes", "close 1002", [Fin | TextFrame, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0]),
        Of("a length of 2^62", "error, close 1009", [Fin | TextFrame, 0xFF, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        Of("a hundred messages at once", string.Concat(Enumerable.Repeat("pong, ", 100)) + "close 1000", [.. Enumerable.Repeat(Hello, 100)]),
    ];

    private static ConformanceCase Of(string name, string answers, params byte[][] frames) => new(name, answers, [.. frames.SelectMany(frame => frame), .. Close]);

    private static byte[] Frame(byte first, params byte[] payload) => ClientFrame.Of(first, payload);

    /// <summary>A JSON ping of so many bytes.</summary>
    private static byte[] Message(byte opcode, int length) => Frame((byte)(Fin | opcode), Padded(length));

    private static byte[] Padded(int length) => Encoding.UTF8.GetBytes("""{"type":"ping"}""".PadRight(length));

    private static byte[] Filled(int length, byte value) => [.. Enumerable.Repeat(value, length)];

    private static byte[][] Fragments(byte opcode, int count) => Chunks(opcode, Padded(40), (40 + count - 1) / count);

    private static byte[][] Chunks(byte opcode, byte[] payload, int size)
    {
        var chunks = payload.Chunk(size).ToArray();
        return [.. chunks.Select((chunk, i) => Frame((byte)((i == chunks.Length - 1 ? Fin : 0) | (i == 0 ? opcode : Continuation)), chunk))];
    }

    private static byte[][] Between(byte[][] frames, byte[] other) => [.. frames.SelectMany((frame, i) => i == 0 ? [frame] : new[] { other, frame })];

    private static string Describe(RawFrame frame) => frame.First switch
    {
        Fin | TextFrame => new Received(frame.Text).Type,
        Fin | PongFrame => $"PONG {Convert.ToHexStringLower(frame.Payload)}",
        Fin | CloseFrame => frame.Payload.Length == 0 ? "close" : $"close {frame.CloseCode}",
        var other => $"frame {other:x2}",
    };

    private static async Task SendAsync(RawClient client, byte[] bytes, int piece)
    {
        try
        {
            foreach (var chunk in bytes.Chunk(piece)) await client.SendAsync(chunk);
        }
        catch (IOException)                                         // it has said why, and ended the connection
        {
        }
    }
}

/// <summary>A conversation.</summary>
/// <param name="Name">With Autobahn's group.</param>
/// <param name="Answers">All that the node says.</param>
/// <param name="Sent">All that the client sends.</param>
public sealed record ConformanceCase(string Name, string Answers, byte[] Sent)
{
    private const int MostOneByOne = 1_000;

    /// <summary>In how large pieces it is sent: at once, and chopped, byte by byte where it is short.</summary>
    public IReadOnlyList<int> Pieces => Sent.Length <= MostOneByOne ? [int.MaxValue, 1] : [int.MaxValue, Math.Max(997, Sent.Length / 100)];

    public override string ToString() => Name;
}
