using System.Net;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

public sealed class ManagementTests(DefaultNode node) : NodeTests<DefaultNode>(node)
{
    [Theory]
    [InlineData("/")]
    [InlineData("/health")]
    public async Task Health_has_the_original_servers_shape(string path)
    {
        var health = await GetAsync(Node.Process.Management, path);

        Assert.Equal(["status", "service", "version", "uptime", "connections", "messages", "timestamp"], health.Members);
        AssertHealth(health);
    }

    [Fact]
    public async Task Health_on_the_public_port_adds_the_public_relays_members()
    {
        var health = await GetAsync(Node.Process.Public, "/health");

        Assert.Equal(["status", "service", "version", "uptime", "connections", "messages", "timestamp", "ok", "peers"], health.Members);
        Assert.Equal("true", health.Raw("ok"));
        Assert.InRange(health.Number("peers"), 0, long.MaxValue);
        AssertHealth(health);
    }

    [Fact]
    public async Task Stats_have_the_original_servers_shape()
    {
        var stats = await GetAsync(Node.Process.Management, "/stats");

        Assert.Equal(["totalConnections", "currentConnections", "messagesForwarded", "offlineMessagesStored", "startTime", "offlineMessagesQueued"], stats.Members);
        Assert.All(stats.Members, member => Assert.InRange(stats.Number(member), 0, long.MaxValue));
        Assert.InRange(stats.Number("startTime"), 1_600_000_000_000, 9_999_999_999_999);
    }

    [Theory]
    [InlineData("/health/live", """{"status":"live"}""")]
    [InlineData("/health/ready", """{"status":"ready"}""")]
    public async Task A_running_node_is_alive_and_ready(string path, string expected)
    {
        Assert.Equal(expected, (await GetAsync(Node.Process.Management, path)).Text);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/health")]
    [InlineData("/stats")]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    public async Task Head_is_answered_as_get_is_but_without_a_body(string path)
    {
        using var answer = await Node.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, new Uri(Node.Process.Management, path)));

        Assert.Equal((HttpStatusCode.OK, "application/json"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("/nope")]
    [InlineData("/signal")]
    [InlineData("/stats/nope")]
    [InlineData("/turn-credentials?uid=alice")]
    public async Task Anything_unknown_is_404(string path)
    {
        using var answer = await Node.Http.GetAsync(new Uri(Node.Process.Management, path));

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/health")]
    [InlineData("/stats")]
    public async Task Nothing_can_be_posted(string path)
    {
        using var answer = await Node.Http.PostAsync(new Uri(Node.Process.Management, path), new StringContent("{}"));

        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        Assert.Equal(["GET", "HEAD"], answer.Content.Headers.Allow.Order());
    }

    [Theory]
    [InlineData("/signal", 404)]
    [InlineData("/health", 200)]
    public async Task A_websocket_is_not_taken_at_the_management_port(string path, int status)
    {
        var client = Keep(await RawClient.ConnectAsync(Node.Process.Management));

        Assert.Equal(status, (await client.RequestAsync(RawClient.Handshake(path: path))).Status);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/signal")]
    [InlineData("/stats")]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    [InlineData("/turn-credentials?uid=alice")]
    [InlineData("/ice?uid=alice")]
    public async Task A_plain_request_to_the_public_port_is_told_what_this_is(string path)
    {
        using var answer = await Node.Http.GetAsync(new Uri(Node.Process.Public, path));

        Assert.Equal(HttpStatusCode.UpgradeRequired, answer.StatusCode);
        Assert.Equal("text/plain", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal("websocket", Assert.Single(answer.Headers.Upgrade).Name);
        Assert.StartsWith("This is a WebRTC signaling endpoint.", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static void AssertHealth(Received health)
    {
        Assert.Equal(("healthy", "signaling-server"), (health.Value("status"), health.Value("service")));
        Assert.Matches(@"^\d+\.\d+\.\d+", health.Value("version"));
        Assert.Matches(@"^\d+$", health.Raw("uptime"));
        Assert.Equal(["current", "total"], health.Inner("connections").Members);
        Assert.Equal(["forwarded", "offlineQueued"], health.Inner("messages").Members);
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", health.Value("timestamp"));
    }

    private async Task<Received> GetAsync(Uri server, string path)
    {
        using var answer = await Node.Http.GetAsync(new Uri(server, path));
        Assert.Equal((HttpStatusCode.OK, "application/json"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        return new Received(await answer.Content.ReadAsStringAsync());
    }
}
