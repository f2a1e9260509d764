using System.Net;
using System.Net.WebSockets;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

/// <summary>Takes WebSockets over TLS; its clients here share one HTTP/2 connection.</summary>
public sealed class Http2Node : NodeFixture
{
    private readonly TestCertificate _certificate;
    private readonly HttpMessageInvoker _invoker;

    public Http2Node()
        : this(new TestCertificate())
    {
    }

    private Http2Node(TestCertificate certificate)
        : base("--set", $"Tls:Certificate={certificate.Pfx}", "--set", $"Tls:Password={TestCertificate.Password}", "--set", "Limits:ByteBurst=1000000000")
    {
        (_certificate, _invoker) = (certificate, certificate.CreateInvoker());
    }

    public override Task<SignalingClient> ConnectAsync(string path = "/") => SignalingClient.ConnectAsync(new Uri(Process.Clients, path), TestCertificate.UseHttp2, _invoker);

    public Task<HttpResponseMessage> GetAsync(string path)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Process.Public, path)) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        return _invoker.SendAsync(request, CancellationToken.None);
    }

    public override async Task DisposeAsync()
    {
        _invoker.Dispose();
        await base.DisposeAsync();
        _certificate.Dispose();
    }
}

/// <summary>WebSockets by HTTP/2's extended CONNECT (RFC 8441).</summary>
public sealed class Http2Tests(Http2Node node) : NodeTests<Http2Node>(node)
{
    [Fact]
    public async Task Messages_are_relayed_between_streams_of_one_connection()
    {
        var (alice, bob) = (Unique("alice"), Unique("bob"));
        var (sender, receiver) = (await RegisterAsync(alice), await RegisterAsync(bob));

        await sender.SendAsync($$"""{"type":"offer","to":"{{bob}}","sdp":"{{new string('s', 200_000)}}"}""");

        Assert.Equal($$"""{"type":"offer","to":"{{bob}}","sdp":"{{new string('s', 200_000)}}","from":"{{alice}}"}""", (await receiver.NextAsync("offer")).Text);
    }

    [Fact]
    public async Task A_client_may_send_more_than_the_largest_request_body_that_the_server_takes()
    {
        var client = await ConnectAsync();
        var ping = $$"""{"type":"ping","padding":"{{new string('p', 900_000)}}"}""";

        for (var i = 0; i < 40; i++) await client.SendAsync(ping);  // 36 MB; Kestrel takes bodies of 30 MB

        await client.NextAsync("pong", 40);
    }

    [Fact]
    public async Task A_client_that_closes_is_answered_with_its_code_and_its_peer_is_away()
    {
        var bob = Unique("bob");
        var (sender, receiver) = (await RegisterAsync(Unique("alice")), await RegisterAsync(bob));

        Assert.Equal(1000, (await receiver.CloseAsync(WebSocketCloseStatus.NormalClosure)).Code);
        await Node.Http.JsonAsync(new Uri(Node.Process.Management, "/stats"), stats => stats.GetProperty("currentConnections").GetInt64() == 1);
        await sender.SendAsync($$"""{"type":"offer","to":"{{bob}}"}""");

        Assert.Equal(bob, (await sender.NextAsync("peer-offline")).Value("peerId"));
    }

    [Fact]
    public async Task A_connection_that_is_taken_over_is_closed_as_replaced()
    {
        var bob = Unique("bob");
        var first = await RegisterAsync(bob);

        var second = await RegisterAsync(bob);

        Assert.Equal(new Closing(1000, "replaced"), await first.ClosedAsync());
        await second.ExpectNothingElseAsync();
    }

    [Fact]
    public async Task A_message_that_is_too_large_is_answered_and_closes_the_connection()
    {
        var client = await RegisterAsync(Unique("alice"));

        await client.SendAsync($$"""{"type":"message","to":"x","payload":"{{new string('x', 1_000_000)}}"}""");

        Assert.Equal("message-too-large", (await client.NextAsync("error")).Value("code"));
        Assert.Equal(1009, (await client.ClosedAsync()).Code);
    }

    [Fact]
    public async Task A_plain_request_is_told_what_this_is_and_the_log_stays_quiet()
    {
        using var answer = await Node.GetAsync("/");

        Assert.Equal((HttpStatusCode.UpgradeRequired, HttpVersion.Version20), (answer.StatusCode, answer.Version));
        Assert.StartsWith("This is a WebRTC signaling endpoint.", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain(Node.Process.Output, line => line.Contains(" warn: ", StringComparison.Ordinal));
    }
}

public sealed class Http2LifeCycleTests(Http2Node node) : IClassFixture<Http2Node>
{
    [Fact]
    public async Task A_node_that_is_asked_to_stop_closes_every_stream_and_ends()
    {
        await using var first = await node.ConnectAsync();
        await first.RegisterAsync("alice");
        await using var second = await node.ConnectAsync();
        await second.ExpectNothingElseAsync();

        node.Process.Signal(15);

        foreach (var client in new[] { first, second })
        {
            await client.NextAsync("server-shutdown");
            Assert.Equal(1001, (await client.ClosedAsync()).Code);
        }
        Assert.Equal(0, await node.Process.ExitCodeAsync());
        Assert.Empty(node.Process.Failures);
        Assert.Empty(node.Process.Errors);
    }
}
