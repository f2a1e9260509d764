using System.Text.Json;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

/// <summary>What real clients were recorded to send (test/recordings) goes through the node byte for byte, but for <c>from</c>.</summary>
public sealed class RecordedTrafficTests(DefaultNode node) : NodeTests<DefaultNode>(node)
{
    public static TheoryData<string> Calls =>
    [
        "chromium-audio-video-data.jsonl",
        "chromium-audio.jsonl",
        "chromium-data-channel.jsonl",
        "chromium-ice-restart.jsonl",
        "chromium-video.jsonl",
    ];

    private static string Recordings => Path.Combine(AppContext.BaseDirectory, "recordings");

    [Fact]
    public void Every_recording_is_here()
    {
        Assert.Equal(
            Calls.Select<object[], object>(row => row[0]),
            Directory.GetFiles(Recordings, "chromium-*.jsonl").Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_call_is_relayed_both_ways_in_order(string recording)
    {
        var call = new Call(recording, Unique("alice"), Unique("bob"));
        var (alice, bob) = (await RegisterAsync(call.Alice), await RegisterAsync(call.Bob));

        foreach (var message in call.Messages) await (message.To == call.Bob ? alice : bob).SendAsync(message.Sent);

        foreach (var message in call.To(call.Bob)) Assert.Equal(message.Relayed, (await bob.NextAsync()).Text);
        foreach (var message in call.To(call.Alice)) Assert.Equal(message.Relayed, (await alice.NextAsync()).Text);
        await alice.ExpectNothingElseAsync();
        await bob.ExpectNothingElseAsync();
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_call_to_a_peer_that_is_away_waits_for_it_in_order(string recording)
    {
        var call = new Call(recording, Unique("alice"), Unique("bob"));
        var alice = await RegisterAsync(call.Alice);

        foreach (var message in call.To(call.Bob)) await alice.SendAsync(message.Sent);
        await alice.NextAsync("peer-offline", call.To(call.Bob).Count());
        var bob = await RegisterAsync(call.Bob);

        foreach (var message in call.To(call.Bob)) Assert.Equal(message.Relayed, (await bob.NextAsync("offline-message")).Raw("originalMessage"));
        await bob.ExpectNothingElseAsync();
    }

    public static TheoryData<string, string> Shapes
    {
        get
        {
            var shapes = new TheoryData<string, string>();
            foreach (var line in File.ReadLines(Path.Combine(Recordings, "client-shapes.jsonl")))
            {
                using var shape = JsonDocument.Parse(line);
                shapes.Add(shape.RootElement.GetProperty("client").GetString()!, shape.RootElement.GetProperty("message").GetRawText());
            }
            return shapes;
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task Every_message_of_every_client_is_taken_as_it_expects(string clientName, string message)
    {
        Assert.NotEmpty(clientName);
        var me = Unique("me");
        var client = await RegisterAsync(me);
        var sent = new Received(message);

        switch (sent.Type)
        {
            case "register":
                // Made its own, so that the shapes do not replace each other.
                var mine = message.Replace(sent.Raw("peerId"), $"\"{me}\"", StringComparison.Ordinal);
                await client.SendAsync(mine);
                Assert.Equal(me, (await client.NextAsync("registered")).Value("peerId"));
                break;
            case "ping":
                await client.SendAsync(message);
                var pong = await client.NextAsync("pong");
                Assert.Equal(pong.Number("ts"), pong.Number("timestamp"));
                break;
            case "heartbeat":
                await client.SendAsync(message);
                break;
            case "get-peers":
                await client.SendAsync(message);
                var list = await client.NextAsync("peers-list");
                Assert.Equal(list.Json.GetProperty("peers").GetArrayLength(), list.Number("count"));
                break;
            default:
                var to = Unique("to");
                var recipient = await RegisterAsync(to);
                await client.SendAsync(message.Replace($"\"to\":{sent.Raw("to")}", $"\"to\":\"{to}\"", StringComparison.Ordinal));
                var relayed = await recipient.NextAsync(sent.Type);
                Assert.Equal(me, relayed.Value("from"));
                Assert.Single(relayed.Members, "from");
                Assert.Equal(sent.Members.Except(["from"]), relayed.Members.Except(sent.Members.Contains("timestamp") ? ["from"] : ["from", "timestamp"]));
                foreach (var member in sent.Members.Except(["from", "to"])) Assert.Equal(sent.Raw(member).Replace($"\"to\":{sent.Raw("to")}", $"\"to\":\"{to}\"", StringComparison.Ordinal), relayed.Raw(member));
                break;
        }
        await client.ExpectNothingElseAsync();
    }

    private sealed class Call(string recording, string alice, string bob)
    {
        public string Alice => alice;

        public string Bob => bob;

        /// <summary>Addressed to ids that no other test uses; else as recorded.</summary>
        public IReadOnlyList<(string To, string Sent, string Relayed)> Messages { get; } =
        [
            .. from line in File.ReadLines(Path.Combine(Recordings, recording))
               let isForBob = new Received(line).Value("to") == "bob"
               let sent = isForBob
                   ? line.Replace("\"to\":\"bob\"", $"\"to\":\"{bob}\"", StringComparison.Ordinal)
                   : line.Replace("\"to\":\"alice\"", $"\"to\":\"{alice}\"", StringComparison.Ordinal)
               select (isForBob ? bob : alice, sent, $$"""{{sent[..^1]}},"from":"{{(isForBob ? alice : bob)}}"}"""),
        ];

        public IEnumerable<(string To, string Sent, string Relayed)> To(string peer) => Messages.Where(message => message.To == peer);
    }
}
