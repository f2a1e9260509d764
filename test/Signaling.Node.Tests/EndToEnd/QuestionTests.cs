using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

public sealed class QuestionTests(DefaultNode node) : NodeTests<DefaultNode>(node)
{
    [Fact]
    public async Task Get_peers_lists_the_others_with_their_devices_and_leaves_the_asker_out()
    {
        var (alice, bob) = (Unique("alice"), Unique("bob"));
        var other = await ConnectAsync();
        await other.SendAsync($$$"""{"type":"register","peerId":"{{{bob}}}","deviceType":"mobile","deviceInfo":{"os" : "Android", "build":12345678901234567890}}""");
        await other.NextAsync("registered");
        var client = await RegisterAsync(alice);

        await client.SendAsync("""{"type":"get-peers"}""");

        var list = await client.NextAsync("peers-list");
        Assert.Equal(["type", "peers", "count", "timestamp"], list.Members);
        var peers = list.Json.GetProperty("peers").EnumerateArray().Select(peer => new Received(peer.GetRawText())).ToArray();
        Assert.Equal(peers.Length, list.Number("count"));
        Assert.DoesNotContain(peers, peer => peer.Value("peerId") == alice);
        var entry = Assert.Single(peers, peer => peer.Value("peerId") == bob);
        Assert.Equal(["peerId", "deviceType", "deviceInfo", "connectedAt"], entry.Members);
        Assert.Equal(("mobile", """{"os" : "Android", "build":12345678901234567890}"""), (entry.Value("deviceType"), entry.Raw("deviceInfo")));
        Assert.InRange(entry.Number("connectedAt"), 1_600_000_000_000, 9_999_999_999_999);
    }

    [Fact]
    public async Task A_peer_that_said_nothing_of_its_device_is_unknown()
    {
        var bob = Unique("bob");
        await RegisterAsync(bob);
        var client = await RegisterAsync(Unique("alice"));

        await client.SendAsync($$"""{"type":"peer-status","peerId":"{{bob}}"}""");

        var answer = await client.NextAsync("peer-status-response");
        Assert.Equal(["type", "peerId", "status", "deviceType", "deviceInfo", "timestamp"], answer.Members);
        Assert.Equal((bob, "online", "unknown", "{}"), (answer.Value("peerId"), answer.Value("status"), answer.Value("deviceType"), answer.Raw("deviceInfo")));
    }

    [Fact]
    public async Task The_status_of_a_peer_that_is_away_is_offline_without_a_device()
    {
        var nobody = Unique("nobody");
        var client = await RegisterAsync(Unique("alice"));

        await client.SendAsync($$"""{"type":"peer-status","peerId":"{{nobody}}"}""");

        var answer = await client.NextAsync("peer-status-response");
        Assert.Equal(["type", "peerId", "status", "timestamp"], answer.Members);
        Assert.Equal((nobody, "offline"), (answer.Value("peerId"), answer.Value("status")));
    }

    [Fact]
    public async Task A_status_question_that_names_nobody_is_answered_with_the_list()
    {
        var bob = Unique("bob");
        await RegisterAsync(bob);
        var client = await RegisterAsync(Unique("alice"));

        await client.SendAsync("""{"type":"peer-status"}""");

        Assert.Contains(bob, (await client.NextAsync("peers-list")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_peer_that_left_is_away_at_once_for_lists_and_questions()
    {
        var bob = Unique("bob");
        var (client, other) = (await RegisterAsync(Unique("alice")), await RegisterAsync(bob));
        await other.SendAsync("""{"type":"unregister"}""");
        await other.ExpectNothingElseAsync();
        await client.SendAsync($$"""{"type":"offer","to":"{{bob}}"}""");
        await client.NextAsync("peer-offline");

        await client.SendAsync($$"""{"type":"peer-status","peerId":"{{bob}}"}""");
        await client.SendAsync("""{"type":"get-peers"}""");

        Assert.Equal("offline", (await client.NextAsync("peer-status-response")).Value("status"));
        Assert.DoesNotContain(bob, (await client.NextAsync("peers-list")).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Ping_is_answered_before_and_after_register_with_the_same_time_twice(bool registered)
    {
        var client = registered ? await RegisterAsync(Unique("alice")) : await ConnectAsync();

        await client.SendAsync("""{"type":"ping","timestamp":1,"anything":[]}""");

        var pong = await client.NextAsync("pong");
        Assert.Equal(["type", "timestamp", "ts"], pong.Members);
        Assert.Equal(pong.Number("timestamp"), pong.Number("ts"));
        Assert.InRange(pong.Number("ts"), 1_600_000_000_000, 9_999_999_999_999);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_heartbeat_is_not_answered(bool registered)
    {
        var client = registered ? await RegisterAsync(Unique("alice")) : await ConnectAsync();

        await client.SendAsync("""{"type":"heartbeat"}""");

        await client.ExpectNothingElseAsync();
    }
}
