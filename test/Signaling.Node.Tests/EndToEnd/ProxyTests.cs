using System.Net.WebSockets;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

/// <summary>Tells addresses apart by how many connections they may have, and takes only clients that came by TLS, as the proxy has to say.</summary>
public sealed class ProxiedNode() : NodeFixture("--set", "Limits:ConnectionsPerAddress=2", "--set", "Connection:RequireTls=true");

/// <summary>Behind the proxies that operators put in front, with the configuration that <c>deploy/</c> offers them.</summary>
public sealed class ProxyTests(ProxiedNode node) : NodeTests<ProxiedNode>(node), IDisposable
{
    private readonly TestCertificate _certificate = new();

    public static TheoryData<string> Proxies => ["nginx", "haproxy", "caddy"];

    [Theory]
    [MemberData(nameof(Proxies))]
    public async Task Clients_connect_through_it_and_the_node_knows_where_they_are(string name)
    {
        await using var proxy = await StartAsync(name);
        var (alice, bob) = (Unique("alice"), Unique("bob"));
        var here = Keep(await ConnectAsync(proxy, "203.0.113.1"));
        var there = Keep(await ConnectAsync(proxy, "203.0.113.1"));
        await here.RegisterAsync(alice);
        await there.RegisterAsync(bob);

        await here.SendAsync($$"""{"type":"offer","to":"{{bob}}","sdp":"{{new string('x', 100_000)}}"}""");

        Assert.Equal(alice, (await there.NextAsync("offer")).Value("from"));
        await Assert.ThrowsAsync<WebSocketException>(() => ConnectAsync(proxy, "203.0.113.1"));
        Keep(await ConnectAsync(proxy, "203.0.113.2"));
    }

    public void Dispose() => _certificate.Dispose();

    private Task<ProxyServer> StartAsync(string name) => name switch
    {
        "nginx" => ProxyServer.StartNginxAsync(Node.Process.Public, _certificate),
        "haproxy" => ProxyServer.StartHaproxyAsync(Node.Process.Public, _certificate),
        _ => ProxyServer.StartCaddyAsync(Node.Process.Public, _certificate),
    };

    /// <summary>A client at this address, as another proxy before would say: of clients on loopback the node would not count any.</summary>
    private Task<SignalingClient> ConnectAsync(ProxyServer proxy, string address) => SignalingClient.ConnectAsync(proxy.Clients, options =>
    {
        _certificate.UseHttp1(options);
        options.SetRequestHeader("X-Forwarded-For", address);
    });
}
