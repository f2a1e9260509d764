using System.Text;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

public sealed class ErrorTests(DefaultNode node) : NodeTests<DefaultNode>(node)
{
    private const string Id64 = "iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii";
    private const string Id257 = Id64 + Id64 + Id64 + Id64 + "i";

    public static TheoryData<string, string, string> Mistakes => new()
    {
        { "", "Invalid message format", "invalid-json" },
        { " ", "Invalid message format", "invalid-json" },
        { "hello", "Invalid message format", "invalid-json" },
        { """{"type":"ping" """, "Invalid message format", "invalid-json" },
        { """{"type":"ping"}{}""", "Invalid message format", "invalid-json" },
        { """{"type":"ping",}""", "Invalid message format", "invalid-json" },
        { """{type:"ping"}""", "Invalid message format", "invalid-json" },
        { "null", "Invalid message format", "not-an-object" },
        { "42", "Invalid message format", "not-an-object" },
        { "\"ping\"", "Invalid message format", "not-an-object" },
        { """[{"type":"ping"}]""", "Invalid message format", "not-an-object" },
        { new string('[', 10_000) + new string(']', 10_000), "Invalid message format", "too-deep" },
        { """{"type":"offer","to":"x","deep":""" + new string('[', 10_000) + new string(']', 10_000) + "}", "Invalid message format", "too-deep" },
        { "{}", "Unknown message type: undefined", "unknown-type" },
        { """{"type":null}""", "Unknown message type: null", "unknown-type" },
        { """{"type":7}""", "Unknown message type: 7", "unknown-type" },
        { """{"type":"Offer","to":"x"}""", "Unknown message type: Offer", "unknown-type" },
        { """{"type":"no-such"}""", "Unknown message type: no-such", "unknown-type" },
        { """{"type":"\ud800"}""", "Unknown message type: ", "unknown-type" },
        { """{"type":"offer","type":"nope","to":"x"}""", "Unknown message type: nope", "unknown-type" },
        { """{"type":"register"}""", "peerId is required", "peer-id-required" },
        { """{"type":"register","peerId":""}""", "peerId is required", "peer-id-required" },
        { """{"type":"register","peerId":null}""", "peerId is required", "peer-id-required" },
        { """{"type":"register","peerId":7}""", "peerId is required", "invalid-peer-id" },
        { """{"type":"register","peerId":{"a":1}}""", "peerId is required", "invalid-peer-id" },
        { """{"type":"register","peerId":["a"]}""", "peerId is required", "invalid-peer-id" },
        { """{"type":"register","peerId":"a\u0000b"}""", "peerId is required", "invalid-peer-id" },
        { """{"type":"register","peerId":"a\nb"}""", "peerId is required", "invalid-peer-id" },
        { """{"type":"register","peerId":"a\u0085b"}""", "peerId is required", "invalid-peer-id" },
        { """{"type":"register","peerId":"\ud800"}""", "peerId is required", "invalid-peer-id" },
        { $$"""{"type":"register","peerId":"{{Id257}}"}""", "peerId is required", "invalid-peer-id" },
        { """{"type":"register","peerId":"a","peerId":""}""", "peerId is required", "peer-id-required" },
        { """{"type":"register","peerId":"a","deviceType":7}""", "Invalid \"deviceType\" field", "invalid-device-type" },
        { $$"""{"type":"register","peerId":"a","deviceInfo":"{{new string('x', 5_000)}}"}""", "Invalid \"deviceInfo\" field", "invalid-device-info" },
        { """{"type":"offer"}""", "Missing \"to\" field", "missing-to" },
        { """{"type":"offer","to":""}""", "Missing \"to\" field", "missing-to" },
        { """{"type":"offer","to":null}""", "Missing \"to\" field", "missing-to" },
        { """{"type":"error"}""", "Missing \"to\" field", "missing-to" },
        { """{"type":"offer","to":7}""", "Invalid \"to\" field", "invalid-to" },
        { """{"type":"offer","to":["a"]}""", "Invalid \"to\" field", "invalid-to" },
        { """{"type":"offer","to":"a\tb"}""", "Invalid \"to\" field", "invalid-to" },
        { """{"type":"offer","to":"\udc00"}""", "Invalid \"to\" field", "invalid-to" },
        { $$"""{"type":"offer","to":"{{Id257}}"}""", "Invalid \"to\" field", "invalid-to" },
        { """{"type":"message"}""", "Missing \"to\" or \"payload\" field", "missing-to" },
        { """{"type":"message","payload":1}""", "Missing \"to\" or \"payload\" field", "missing-to" },
        { """{"type":"message","to":"x"}""", "Missing \"to\" or \"payload\" field", "missing-payload" },
        { """{"type":"message","to":"x","payload":null}""", "Missing \"to\" or \"payload\" field", "missing-payload" },
        { """{"type":"message","to":"x","payload":false}""", "Missing \"to\" or \"payload\" field", "missing-payload" },
        { """{"type":"peer-status","peerId":7}""", "peerId is required", "invalid-peer-id" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task A_mistake_is_answered_with_the_original_text_and_a_code_and_the_next_message_works(string input, string text, string code)
    {
        var client = await RegisterAsync(Unique("alice"));

        await client.SendAsync(input);

        var error = await client.NextAsync("error");
        Assert.Equal(["type", "error", "code", "timestamp"], error.Members);
        Assert.StartsWith(text, error.Value("error"), StringComparison.Ordinal);
        Assert.Equal(code, error.Value("code"));
        await client.ExpectNothingElseAsync();
    }

    [Theory]
    [InlineData("""{"id":"m1","type":"nope"}""", "\"m1\"")]
    [InlineData("""{"type":"offer","id":"m1"}""", "\"m1\"")]
    [InlineData("""{"type":"register","id":12345678901234567890}""", "12345678901234567890")]
    [InlineData("""{"type":"message","to":"x","id":"\ud800\u0041"}""", """
        "\ud800\u0041"
        """)]
    [InlineData("""{"type":"offer","to":7,"id":"first","id":"last"}""", "\"last\"")]
    public async Task An_error_repeats_the_id_of_the_message_as_it_was_spelled(string input, string id)
    {
        var client = await RegisterAsync(Unique("alice"));

        await client.SendAsync(input);

        Assert.Equal(id, (await client.NextAsync("error")).Raw("id"));
    }

    [Theory]
    [InlineData("""{"type":"offer","to":"BOB","id":"m1"}""")]
    [InlineData("""{"type":"message","to":"BOB","payload":1,"id":"m1"}""")]
    [InlineData("""{"type":"get-peers","id":"m1"}""")]
    [InlineData("""{"type":"peer-status","peerId":"BOB","id":"m1"}""")]
    [InlineData("""{"type":"unregister","id":"m1"}""")]
    public async Task A_message_before_register_gets_an_error_and_goes_nowhere(string input)
    {
        var bob = Unique("bob");
        var (receiver, client) = (await RegisterAsync(bob), await ConnectAsync());

        await client.SendAsync(input.Replace("BOB", bob, StringComparison.Ordinal));

        var error = await client.NextAsync("error");
        Assert.Equal(("not-registered", "m1"), (error.Value("code"), error.Value("id")));
        await receiver.ExpectNothingElseAsync();
        await client.RegisterAsync(Unique("alice"));
    }

    [Fact]
    public async Task A_binary_message_that_holds_json_is_treated_as_text()
    {
        var client = await ConnectAsync();

        await client.SendAsync(Encoding.UTF8.GetBytes("""{"type":"ping"}"""), System.Net.WebSockets.WebSocketMessageType.Binary);

        await client.NextAsync("pong");
    }

    [Fact]
    public async Task A_binary_message_that_is_not_utf8_gets_an_error_and_the_connection_lives()
    {
        var client = await ConnectAsync();

        await client.SendAsync(new byte[] { 0x7B, 0xC3, 0x28, 0xFF, 0x7D }, System.Net.WebSockets.WebSocketMessageType.Binary);

        var error = await client.NextAsync("error");
        Assert.StartsWith("Invalid message format", error.Value("error"), StringComparison.Ordinal);
        Assert.Equal("invalid-utf8", error.Value("code"));
        await client.ExpectNothingElseAsync();
    }
}
