using System.Text.Json;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

public sealed class RelayTests(DefaultNode node) : NodeTests<DefaultNode>(node)
{
    [Theory]
    [InlineData("offer")]
    [InlineData("answer")]
    [InlineData("ice-candidate")]
    [InlineData("ice-candidates")]
    [InlineData("pairing:request")]
    [InlineData("pairing:confirmation")]
    [InlineData("pairing:reject")]
    [InlineData("error")]
    public async Task Each_type_is_relayed_as_it_came_with_the_senders_id(string type)
    {
        var (alice, bob) = (Unique("alice"), Unique("bob"));
        var (sender, receiver) = (await RegisterAsync(alice), await RegisterAsync(bob));

        await sender.SendAsync($$"""{"type":"{{type}}","to":"{{bob}}","candidates":[{"candidate":"a"},{"candidate":"b"}]}""");

        Assert.Equal(
            $$"""{"type":"{{type}}","to":"{{bob}}","candidates":[{"candidate":"a"},{"candidate":"b"}],"from":"{{alice}}"}""",
            (await receiver.NextAsync(type)).Text);
        await sender.ExpectNothingElseAsync();
    }

    [Theory]
    [InlineData("""  "big":9223372036854775807, "bigger":18446744073709551616, "precise":1.10, "exponent":1E+2, "zero":-0""")]
    [InlineData(""" "escapes":"\u0041\/\b\f\n\r\t\"\\", "lone":"\ud800", "low":"\udc00", "pair":"\ud83d\ude00" """)]
    [InlineData(""" "":1, " ":2, "a\u0000b":3, "__proto__":{}, "x\ud800":4, "twice":1, "twice":2, "键":"值" """)]
    [InlineData(""" "id":12345678901234567890, "nested":{"type":"register","from":"x","to":[ 1 ,2 ]} , "nothing" : null""")]
    public async Task Every_byte_but_from_is_kept(string members)
    {
        var (alice, bob) = (Unique("alice"), Unique("bob"));
        var (sender, receiver) = (await RegisterAsync(alice), await RegisterAsync(bob));

        await sender.SendAsync($$""" { "type" : "offer","to":"{{bob}}",{{members}}}""");

        Assert.Equal($$""" { "type" : "offer","to":"{{bob}}",{{members}},"from":"{{alice}}"}""", (await receiver.NextAsync("offer")).Text);
    }

    [Theory]
    [InlineData("""{"from":"mallory","type":"offer","to":"BOB"}""")]
    [InlineData("""{"type":"offer","to":"BOB","from":"mallory"}""")]
    [InlineData("""{"from":"mallory","type":"offer","from":"eve","to":"BOB","from":"trudy"}""")]
    [InlineData("""{"\u0066rom":"mallory","type":"offer","to":"BOB"}""")]
    [InlineData("""{"from":"eve","type":"offer","to":"BOB","\u0066\u0072\u006f\u006d":"mallory"}""")]
    [InlineData("""{"from":{"from":"mallory"},"type":"offer","to":"BOB"}""")]
    [InlineData("""{"type":"receipt","to":"nobody","type":"offer","to":"BOB"}""")]
    [InlineData("""{"type":"offer","to":"nobody","t\u006f":"BOB"}""")]
    [InlineData("""{"ty\u0070e":"offer","to":"BOB"}""")]
    public async Task From_cannot_be_forged_and_the_last_type_and_to_count(string json)
    {
        var (alice, bob) = (Unique("alice"), Unique("bob"));
        var (sender, receiver) = (await RegisterAsync(alice), await RegisterAsync(bob));

        await sender.SendAsync(json.Replace("BOB", bob, StringComparison.Ordinal));

        var offer = await receiver.NextAsync("offer");
        Assert.Equal(alice, offer.Value("from"));
        Assert.Equal(bob, offer.Value("to"));
        Assert.Single(offer.Members, "from");
        Assert.Single(offer.Members, "to");
        Assert.Single(offer.Members, "type");
        await sender.ExpectNothingElseAsync();
    }

    [Theory]
    [InlineData("registered")]
    [InlineData("receipt")]
    [InlineData("offline-message")]
    [InlineData("server-shutdown")]
    [InlineData("peers-list")]
    [InlineData("peer-status-response")]
    [InlineData("peer-offline")]
    [InlineData("pong")]
    public async Task What_only_the_node_sends_is_never_relayed(string type)
    {
        var bob = Unique("bob");
        var (sender, receiver) = (await RegisterAsync(Unique("alice")), await RegisterAsync(bob));

        await sender.SendAsync($$"""{"type":"{{type}}","to":"{{bob}}","peerId":"x","payload":1,"id":"m1"}""");

        var error = await sender.NextAsync("error");
        Assert.Equal($"Unknown message type: {type}", error.Value("error"));
        Assert.Equal("m1", error.Value("id"));
        await receiver.ExpectNothingElseAsync();
    }

    [Fact]
    public async Task A_peer_status_with_a_recipient_is_a_question_and_is_not_relayed()
    {
        var (alice, bob) = (Unique("alice"), Unique("bob"));
        var (sender, receiver) = (await RegisterAsync(alice), await RegisterAsync(bob));

        await sender.SendAsync($$"""{"type":"peer-status","to":"{{bob}}","peerId":"forged","status":"offline"}""");

        Assert.Equal("offline", (await sender.NextAsync("peer-status-response")).Value("status"));
        Assert.DoesNotContain(await PresenceUpToADepartureAsync(receiver), presence => presence.Value("peerId") == "forged");
        await receiver.ExpectNothingElseAsync();
    }

    [Theory]
    [InlineData("\"text\"")]
    [InlineData("\"\"")]
    [InlineData("0")]
    [InlineData("true")]
    [InlineData("[]")]
    [InlineData("{}")]
    public async Task A_message_may_have_any_payload_and_gets_a_timestamp(string payload)
    {
        var (alice, bob) = (Unique("alice"), Unique("bob"));
        var (sender, receiver) = (await RegisterAsync(alice), await RegisterAsync(bob));

        await sender.SendAsync($$"""{"type":"message","to":"{{bob}}","payload":{{payload}}}""");

        var message = await receiver.NextAsync("message");
        Assert.Equal(["type", "to", "payload", "from", "timestamp"], message.Members);
        Assert.Equal(payload, message.Raw("payload"));
        Assert.Equal(alice, message.Value("from"));
        Assert.InRange(message.Number("timestamp"), 1_600_000_000_000, 9_999_999_999_999);
    }

    [Fact]
    public async Task A_message_keeps_the_timestamp_it_has()
    {
        var (alice, bob) = (Unique("alice"), Unique("bob"));
        var (sender, receiver) = (await RegisterAsync(alice), await RegisterAsync(bob));

        await sender.SendAsync($$"""{"type":"message","to":"{{bob}}","payload":1,"timestamp":"yesterday"}""");

        Assert.Equal($$"""{"type":"message","to":"{{bob}}","payload":1,"timestamp":"yesterday","from":"{{alice}}"}""", (await receiver.NextAsync("message")).Text);
    }

    [Fact]
    public async Task A_peer_may_send_to_itself()
    {
        var alice = Unique("alice");
        var client = await RegisterAsync(alice);

        await client.SendAsync($$"""{"type":"offer","to":"{{alice}}"}""");

        Assert.Equal($$"""{"type":"offer","to":"{{alice}}","from":"{{alice}}"}""", (await client.NextAsync("offer")).Text);
    }

    [Fact]
    public async Task An_id_with_quotes_and_emoji_reaches_its_recipient()
    {
        var (alice, bob) = (Unique("\"al\\ice\" 😀"), Unique("bob\""));
        var (sender, receiver) = (await ConnectAsync(), await ConnectAsync());
        await sender.SendAsync(JsonSerializer.Serialize(new { type = "register", peerId = alice }));
        await receiver.SendAsync(JsonSerializer.Serialize(new { type = "register", peerId = bob }));
        await sender.NextAsync("registered");
        await receiver.NextAsync("registered");

        await sender.SendAsync(JsonSerializer.Serialize(new { type = "offer", to = bob }));

        Assert.Equal(alice, (await receiver.NextAsync("offer")).Value("from"));
    }
}
