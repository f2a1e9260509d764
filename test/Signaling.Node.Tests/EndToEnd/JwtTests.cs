using System.Net;
using System.Net.Http.Headers;
using Signaling.Node.Tests.Auth;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

/// <summary>Lets in who brings a token.</summary>
public sealed class JwtNode() : NodeFixture("--set", "Auth:Mode=Jwt", "--set", $"Auth:Jwt:Secret={Tokens.Secret}", "--set", "Turn:Urls:0=turn:turn.example.org", "--set", "Turn:Secret=north");

/// <summary>Tokens on every way by which a client can bring one.</summary>
public sealed class JwtTests(JwtNode node) : NodeTests<JwtNode>(node)
{
    private static string Token(string peer, int seconds = 600, string more = "") => Tokens.Hs256(Tokens.Claims(peer, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + seconds, more));

    [Fact]
    public async Task In_register()
    {
        var alice = Unique("alice");
        var client = await ConnectAsync();

        await client.SendAsync($$"""{"type":"register","peerId":"{{alice}}"}""");
        Assert.Equal("auth-required", (await client.NextAsync("error")).Value("code"));
        await client.SendAsync($$"""{"type":"register","peerId":"{{alice}}","token":"{{Token(alice)}}"}""");

        Assert.True((await client.NextAsync("registered")).Json.TryGetProperty("expiresAt", out _));
    }

    [Fact]
    public async Task In_the_authorization_header()
    {
        var alice = Unique("alice");
        var client = Keep(await SignalingClient.ConnectAsync(Node.Process.Clients, options => options.SetRequestHeader("Authorization", $"Bearer {Token(alice)}")));

        await client.RegisterAsync(alice);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task In_a_subprotocol_which_is_never_repeated(bool isFirst)
    {
        var alice = Unique("alice");
        var offered = isFirst ? new[] { $"bearer.{Token(alice)}", "signaling" } : ["signaling", $"bearer.{Token(alice)}"];
        var client = Keep(await SignalingClient.ConnectAsync(Node.Process.Clients, options => Array.ForEach(offered, options.AddSubProtocol)));

        await client.RegisterAsync(alice);

        Assert.Equal("signaling", client.SubProtocol);
    }

    [Fact]
    public async Task Behind_another_request_where_the_servers_http_reads_it()
    {
        var alice = Unique("alice");
        var client = Keep(await RawClient.ConnectAsync(Node.Process.Clients));
        Assert.Equal(200, (await client.RequestAsync("GET /health HTTP/1.1\r\nHost: node\r\n\r\n")).Status);
        var answer = await client.RequestAsync(RawClient.Handshake(more: $"Sec-WebSocket-Protocol: bearer.{Token(alice)}\r\n"));
        Assert.Equal(101, answer.Status);
        Assert.False(answer.Headers.ContainsKey("Sec-WebSocket-Protocol"));

        await client.SendTextAsync($$"""{"type":"register","peerId":"{{alice}}"}""");

        Assert.Equal("registered", (await client.NextMessageAsync()).Type);
    }

    [Fact]
    public async Task Never_in_the_url()
    {
        var alice = Unique("alice");
        var client = await ConnectAsync($"/?token={Token(alice)}&access_token={Token(alice)}");

        await client.SendAsync($$"""{"type":"register","peerId":"{{alice}}"}""");

        Assert.Equal("auth-required", (await client.NextAsync("error")).Value("code"));
    }

    [Fact]
    public async Task A_wrong_one_closes_with_4003_and_the_peer_that_is_here_stays()
    {
        var (alice, mallory) = (Unique("alice"), await ConnectAsync());
        var victim = await ConnectAsync();
        await victim.SendAsync($$"""{"type":"register","peerId":"{{alice}}","token":"{{Token(alice)}}"}""");
        await victim.NextAsync("registered");

        await mallory.SendAsync($$"""{"type":"register","peerId":"{{alice}}","token":"{{Token("mallory")}}"}""");

        Assert.Equal("unauthorized", (await mallory.NextAsync("error")).Value("code"));
        Assert.Equal(new Closing(4003, "unauthorized"), await mallory.ClosedAsync());
        await victim.ExpectNothingElseAsync();
    }

    [Fact]
    public async Task A_connection_ends_when_its_token_expires()
    {
        var alice = Unique("alice");
        var client = await ConnectAsync();

        await client.SendAsync($$"""{"type":"register","peerId":"{{alice}}","token":"{{Token(alice, seconds: -28)}}"}"""); // in 2 s, with what clocks may be off
        await client.NextAsync("registered");

        Assert.Equal("auth-expired", (await client.NextAsync("error")).Value("code"));
        Assert.Equal(new Closing(4003, "token expired"), await client.ClosedAsync());
    }

    [Fact]
    public async Task Relays_are_for_those_who_may_register()
    {
        async Task<HttpStatusCode> AskAsync(string uid, string? token)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Node.Process.Public, $"/turn-credentials?uid={uid}&token={Token(uid)}"));
            if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            using var response = await Node.Http.SendAsync(request);
            Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
            return response.StatusCode;
        }

        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync("alice", token: null));
        Assert.Equal(HttpStatusCode.Forbidden, await AskAsync("alice", Token("bob")));
        Assert.Equal(HttpStatusCode.Forbidden, await AskAsync("alice", Token("alice", seconds: -60)));
        Assert.Equal(HttpStatusCode.OK, await AskAsync("alice", Token("alice")));
    }

    [Theory]
    [InlineData("Signaling:Auth:Jwt: exactly one", "Auth:Mode=Jwt")]
    [InlineData("Signaling:Auth:Jwt: exactly one", "Auth:Mode=Jwt", "Auth:Jwt:Secret=01234567890123456789012345678901", "Auth:Jwt:JwksUrl=https://issuer.example.org")]
    [InlineData("Signaling:Auth:Jwt:Secret: HS256 needs 32 bytes", "Auth:Mode=Jwt", "Auth:Jwt:Secret=0123456789012345678901234567890")]
    [InlineData("Signaling:Auth:Jwt:JwksUrl: must be an https:// address", "Auth:Mode=Jwt", "Auth:Jwt:JwksUrl=http://issuer.example.org/keys")]
    [InlineData("Signaling:Auth:Jwt:KeysFile: there is no file", "Auth:Mode=Jwt", "Auth:Jwt:KeysFile=/nowhere.pem")]
    [InlineData("Signaling:Auth:Webhook:Url: must be", "Auth:Mode=Webhook", "Auth:Webhook:Url=auth.example.org")]
    [InlineData("Signaling:Auth:Keys:Audiences: name the server", "Auth:Mode=Keys")]
    [InlineData("Signaling:Auth:Keys:FirstUse: what a peer id is bound to", "Auth:Mode=Keys", "Auth:Keys:Audiences:0=localhost", "Store:Kind=Memory")]
    [InlineData("Signaling:Auth:Mode", "Auth:Mode=Password")]
    public async Task What_cannot_work_is_refused_at_start(string complaint, params string[] settings)
    {
        var run = await NodeProcess.RunAsync(["--check-config", .. settings.SelectMany(setting => new[] { "--set", setting })]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(run.Errors, line => line.Contains(complaint, StringComparison.Ordinal));
    }
}
