using System.Net;
using System.Text;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

public sealed class LifeCycleTests
{
    private const int Interrupt = 2;
    private const int Terminate = 15;

    [Theory]
    [InlineData(Terminate)]
    [InlineData(Interrupt)]
    public async Task A_node_that_is_asked_to_stop_tells_every_client_closes_them_and_ends(int signal)
    {
        await using var node = await NodeProcess.StartAsync();
        await using var registered = await SignalingClient.ConnectAsync(node.Clients);
        await registered.RegisterAsync("alice");
        await using var stranger = await SignalingClient.ConnectAsync(node.Clients);
        await stranger.ExpectNothingElseAsync();

        node.Signal(signal);

        foreach (var client in new[] { registered, stranger })
        {
            var goodbye = await client.NextAsync("server-shutdown");
            Assert.Equal(["type", "message", "timestamp"], goodbye.Members);
            Assert.NotEmpty(goodbye.Value("message"));
            Assert.InRange(goodbye.Number("timestamp"), 1_600_000_000_000, 9_999_999_999_999);
            Assert.Empty(await client.ReadToEndAsync());
            Assert.Equal(1001, (await client.ClosedAsync()).Code);
        }
        await AssertGoodEndAsync(node);
    }

    [Fact]
    public async Task Clients_that_asked_for_an_extension_are_told_when_to_come_back()
    {
        await using var node = await NodeProcess.StartAsync();
        await using var acknowledging = await SignalingClient.ConnectAsync(node.Clients);
        await acknowledging.RegisterAsync("alice", acks: true);
        await using var scoped = await SignalingClient.ConnectAsync(node.Clients);
        await scoped.SendAsync("""{"type":"register","peerId":"bob","presence":"related"}""");
        await scoped.NextAsync("registered");

        node.Signal(Terminate);

        foreach (var client in new[] { acknowledging, scoped })
        {
            var goodbye = await client.NextAsync("goaway");
            Assert.Equal(["type", "reason", "reconnectAfterMs"], goodbye.Members);
            Assert.Equal("shutdown", goodbye.Value("reason"));
            Assert.InRange(goodbye.Number("reconnectAfterMs"), 0, 60_000);
            Assert.Empty(await client.ReadToEndAsync());
            Assert.Equal(1012, (await client.ClosedAsync()).Code);
        }
        await AssertGoodEndAsync(node);
    }

    [Theory]
    [InlineData("ASPNETCORE_URLS", "http://127.0.0.1:1")]
    [InlineData("ASPNETCORE_HTTP_PORTS", "1")]                      // as Microsoft's images set it
    [InlineData("DOTNET_URLS", "http://127.0.0.1:1")]
    public async Task Where_the_node_listens_only_its_own_options_say(string variable, string value)
    {
        await using var node = await NodeProcess.StartAsync(
            new Dictionary<string, string> { [variable] = value }, ["--host", "127.0.0.1", "--port", "0", "--health-port", "0"]);

        Assert.Contains("is ready", Assert.Single(node.Output), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_idle_node_ends()
    {
        await using var node = await NodeProcess.StartAsync();
        using var http = new HttpClient();
        await http.GetAsync(new Uri(node.Management, "/health"));   // leaves a connection that is kept alive

        node.Signal(Terminate);

        await AssertGoodEndAsync(node);
    }

    [Fact]
    public async Task While_clients_close_new_ones_are_turned_away_and_the_node_is_not_ready()
    {
        await using var node = await NodeProcess.StartAsync("--set", "Shutdown:GracePeriod=00:10:00", "--set", "Connection:CloseTimeout=00:01:00");
        await using var lingering = await RawClient.OpenAsync(node.Clients);
        node.Signal(Terminate);
        Assert.Equal("server-shutdown", (await lingering.NextMessageAsync()).Type);
        Assert.Equal(1001, (await lingering.FrameAsync())?.CloseCode); // and does not answer it: the node waits

        await using var late = await RawClient.ConnectAsync(node.Clients);
        var refusal = await late.RequestAsync(RawClient.Handshake());
        using var http = new HttpClient();
        using var ready = await http.GetAsync(new Uri(node.Management, "/health/ready"));
        using var live = await http.GetAsync(new Uri(node.Management, "/health/live"));

        Assert.Equal((503, "1"), (refusal.Status, refusal.Headers["Retry-After"]));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK), (ready.StatusCode, live.StatusCode));
        await lingering.DisposeAsync();
        await AssertGoodEndAsync(node);
    }

    [Fact]
    public async Task A_client_that_does_not_answer_the_close_is_cut_when_the_grace_period_is_over()
    {
        await using var node = await StartBriefAsync("--set", "Shutdown:GracePeriod=00:00:04"); // the command line parser once ended it after 2 s
        await using var mute = await RawClient.OpenAsync(node.Clients);

        node.Signal(Terminate);

        await AssertGoodEndAsync(node);
    }

    [Fact]
    public async Task A_client_that_does_not_read_is_cut_when_the_grace_period_is_over()
    {
        await using var node = await StartBriefAsync("--set", "Mailbox:MaxPendingBytes=67108864");
        await using var stuck = await RawClient.OpenAsync(node.Clients, receiveBufferBytes: 4_096);
        await stuck.SendTextAsync("""{"type":"register","peerId":"stuck"}""");
        Assert.Equal("registered", (await stuck.NextMessageAsync()).Type);
        await using var sender = await SignalingClient.ConnectAsync(node.Clients);
        await sender.RegisterAsync("sender");
        for (var i = 0; i < 12; i++) await sender.SendAsync($$"""{"type":"message","to":"stuck","payload":"{{new string('x', 900_000)}}"}""");
        await sender.ExpectNothingElseAsync();

        node.Signal(Terminate);

        await AssertGoodEndAsync(node);
    }

    [Theory]
    [InlineData("")]
    [InlineData("GET / HTTP/1.1\r\nHost: no")]
    public async Task A_client_that_has_not_ended_its_request_does_not_keep_the_node(string request)
    {
        await using var node = await StartBriefAsync();
        await using var slow = await RawClient.ConnectAsync(node.Clients);
        await slow.SendAsync(Encoding.ASCII.GetBytes(request));

        node.Signal(Terminate);

        await AssertGoodEndAsync(node);
    }

    /// <summary>Gives its clients less time than a close may take.</summary>
    private static Task<NodeProcess> StartBriefAsync(params string[] arguments) =>
        NodeProcess.StartAsync(["--set", "Shutdown:GracePeriod=00:00:01", "--set", "Connection:CloseTimeout=00:01:00", .. arguments]);

    private static async Task AssertGoodEndAsync(NodeProcess node)
    {
        Assert.Equal(0, await node.ExitCodeAsync());
        Assert.Empty(node.Failures);
        Assert.Empty(node.Errors);
    }
}
