using System.Text;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

public sealed class BadInputTests(DefaultNode node) : NodeTests<DefaultNode>(node)
{
    private const int LongestAnswer = 4_096;
    private static readonly string Long = new('x', 900_000);

    [Theory]
    [InlineData("FF")]
    [InlineData("7B22C3287D")]
    [InlineData("EDA080")]                                          // a surrogate
    [InlineData("7B7DE282")]                                        // cut inside a character
    public async Task A_text_message_that_is_not_UTF8_is_closed_with_1007(string hex)
    {
        var client = await OpenRawAsync();
        await client.SendAsync((byte[])[.. ClientFrame.Text("""{"type":"ping"}"""), .. ClientFrame.Of(0x81, Convert.FromHexString(hex))]);

        var answers = await client.ReadToEndAsync();

        Assert.Equal("pong", new Received(answers[0].Text).Type);
        Assert.Equal(1007, Assert.Single(answers.Skip(1)).CloseCode);
        await TheNextClientWorksAsync();
    }

    private static readonly Dictionary<string, byte[]> Garbage = new()
    {
        ["HTTP"] = Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: node\r\n\r\n"),
        ["JSON without frames"] = Encoding.ASCII.GetBytes("""{"type":"register","peerId":"alice"}"""),
        ["TLS"] = [0x16, 0x03, 0x01, 0x00, 0xF4, 0x01, 0x00, 0x00, 0xF0, 0x03, 0x03],
        ["zeros"] = new byte[100_000],
        ["ones"] = [.. Enumerable.Repeat((byte)0xFF, 100_000)],
        ["no mask"] = ClientFrame.Of(0x81, "{}"u8.ToArray(), masked: false),
        ["a reserved opcode"] = ClientFrame.Of(0x83, "{}"u8.ToArray()),
        ["a continuation of nothing"] = ClientFrame.Of(0x80, "{}"u8.ToArray()),
        ["a ping in fragments"] = ClientFrame.Of(0x09, []),
    };

    public static TheoryData<string> KindsOfGarbage => [.. Garbage.Keys];

    [Theory]
    [MemberData(nameof(KindsOfGarbage))]
    public async Task Garbage_is_closed_with_1002(string kind)
    {
        var client = await OpenRawAsync();
        await client.SendAsync(Garbage[kind]);

        var answers = await client.ReadToEndAsync();

        Assert.Equal(1002, Assert.Single(answers).CloseCode);
        await TheNextClientWorksAsync();
    }

    [Theory]
    [InlineData("LONG")]
    [InlineData("""{"type":"LONG"}""")]
    [InlineData("""{"type":["LONG"]}""")]
    [InlineData("""{"type":{"LONG":1}}""")]
    [InlineData("""{"type":"nope","id":"LONG"}""")]
    [InlineData("""{"type":"nope","LONG":1}""")]
    [InlineData("""{"type":"offer","id":DIGITS}""")]
    [InlineData("""{"type":"offer","to":"LONG"}""")]
    [InlineData("""{"type":"offer","to":["LONG"]}""")]
    [InlineData("""{"type":"message","to":"x","id":"LONG","payload":false}""")]
    [InlineData("""{"type":"register","peerId":"LONG"}""")]
    [InlineData("""{"type":"register","peerId":"x","deviceType":"LONG"}""")]
    [InlineData("""{"type":"register","peerId":"x","deviceInfo":"LONG"}""")]
    [InlineData("""{"type":"peer-status","peerId":"LONG"}""")]
    [InlineData("""{"type":"ESCAPES"}""")]
    [InlineData("""{"type":[ESCAPES]}""")]
    public async Task An_error_never_grows_with_what_it_answers(string template)
    {
        var client = await RegisterAsync(Unique("alice"));

        await client.SendAsync(template
            .Replace("LONG", Long, StringComparison.Ordinal)
            .Replace("DIGITS", new string('9', Long.Length), StringComparison.Ordinal)
            .Replace("ESCAPES", string.Concat(Enumerable.Repeat("\\u0001\\ud83d\\ude00", 20_000)), StringComparison.Ordinal));

        Assert.InRange(Encoding.UTF8.GetByteCount((await client.NextAsync("error")).Text), 1, LongestAnswer);
        await client.ExpectNothingElseAsync();
    }

    [Fact]
    public async Task Peer_offline_does_not_repeat_a_long_id()
    {
        var client = await RegisterAsync(Unique("alice"));

        await client.SendAsync($$"""{"type":"offer","to":"{{Unique("bob")}}","id":"{{Long}}"}""");

        Assert.True(Guid.TryParseExact((await client.NextAsync("peer-offline")).Value("messageId"), "D", out _));
    }

    private async Task TheNextClientWorksAsync()
    {
        var alice = Unique("alice");
        var client = await RegisterAsync(alice);
        await client.SendAsync($$"""{"type":"offer","to":"{{alice}}"}""");
        await client.NextAsync("offer");
    }
}
