using System.Net;
using System.Security.Cryptography;
using System.Text;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

/// <summary>Knows TURN servers.</summary>
public sealed class TurnNode() : NodeFixture(
    "--set", "Turn:Urls:0=turn:turn.example.org:3478", "--set", "Turn:Urls:1=turns:turn.example.org:5349?transport=tcp",
    "--set", "Turn:Secret=north", "--set", "Turn:TimeToLive=00:10:00");

public sealed class TurnTests(TurnNode node) : NodeTests<TurnNode>(node)
{
    [Theory]
    [InlineData("/turn-credentials?uid=alice", "alice")]
    [InlineData("/ice?uid=alice", "alice")]
    [InlineData("/ice?uid=%E7%88%B1%3Ax%20%2B%26", "爱:x +&")]
    public async Task Credentials_are_for_the_peer_and_a_time_and_signed_with_the_secret(string path, string peer)
    {
        using var response = await Node.Http.GetAsync(new Uri(Node.Process.Public, path));

        Assert.Equal((HttpStatusCode.OK, "application/json"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
        var answer = new Received(await response.Content.ReadAsStringAsync());
        Assert.Equal(["iceServers", "expiry", "ttl"], answer.Members);
        Assert.Equal(600, answer.Number("ttl"));
        Assert.InRange(answer.Number("expiry"), DateHeader(response) + 600 - 5, DateHeader(response) + 600 + 5);
        var server = new Received(Assert.Single(answer.Json.GetProperty("iceServers").EnumerateArray()).GetRawText());
        Assert.Equal(["urls", "username", "credential"], server.Members);
        Assert.Equal(["turn:turn.example.org:3478", "turns:turn.example.org:5349?transport=tcp"], server.Json.GetProperty("urls").EnumerateArray().Select(url => url.GetString()!));
        Assert.Equal($"{answer.Number("expiry")}:{peer}", server.Value("username"));
        Assert.Equal(Sign("north", server.Value("username")), server.Value("credential"));
    }

    public static TheoryData<string> WrongPeers => ["", "?uid=", "?uid=a%0Ab", "?id=alice", "?uid=" + new string('i', 257)];

    [Theory]
    [MemberData(nameof(WrongPeers))]
    public async Task Without_a_peer_id_there_are_no_credentials(string query)
    {
        using var response = await Node.Http.GetAsync(new Uri(Node.Process.Public, "/turn-credentials" + query));

        Assert.Equal((HttpStatusCode.BadRequest, "application/json"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.Equal("""{"error":"uid is required: the peer id the credentials are for"}""", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Credentials_are_not_served_at_the_management_port()
    {
        using var response = await Node.Http.GetAsync(new Uri(Node.Process.Management, "/turn-credentials?uid=alice"));

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact]
    public async Task A_registered_client_gets_them_over_its_connection_too()
    {
        var alice = Unique("alice");
        var client = await RegisterAsync(alice);

        await client.SendAsync("""{"type":"get-ice-servers"}""");

        var answer = await client.NextAsync("ice-servers");
        Assert.Equal(["type", "iceServers", "ttlSeconds"], answer.Members);
        Assert.Equal(600, answer.Number("ttlSeconds"));
        var server = new Received(Assert.Single(answer.Json.GetProperty("iceServers").EnumerateArray()).GetRawText());
        Assert.Equal(["urls", "username", "credential"], server.Members);
        Assert.EndsWith(":" + alice, server.Value("username"), StringComparison.Ordinal);
        Assert.Equal(Sign("north", server.Value("username")), server.Value("credential"));
    }

    private static long DateHeader(HttpResponseMessage response) => response.Headers.Date!.Value.ToUnixTimeSeconds();

#pragma warning disable CA5350 // The TURN REST API prescribes HMAC-SHA1.
    private static string Sign(string secret, string username) =>
        Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(username)));
#pragma warning restore CA5350
}

/// <summary>Knows STUN servers alone, which ask for no secret.</summary>
public sealed class StunNode() : NodeFixture("--set", "Turn:Urls:0=stun:stun.example.org:3478");

public sealed class StunTests(StunNode node) : NodeTests<StunNode>(node)
{
    [Fact]
    public async Task A_stun_server_comes_without_credentials()
    {
        var answer = new Received(await Node.Http.GetStringAsync(new Uri(Node.Process.Public, "/ice?uid=alice")));

        Assert.Equal("""[{"urls":["stun:stun.example.org:3478"]}]""", answer.Raw("iceServers"));
    }
}
