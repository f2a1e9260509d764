using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

/// <summary>What the log of the real process tells of those who use it, and of those who attack it.</summary>
public sealed partial class PrivacyTests
{
    /// <summary>In whatever nobody but the one it is for should read.</summary>
    private const string Secret = "s3cr3t";

    /// <summary>Of a peer whose id deceives who reads it in a terminal.</summary>
    private const string Deceiver = "m\u202Eallory\u200B";

    private static readonly string[] TurnSettings = ["--set", "Turn:Urls:0=turn:turn.example.org:3478", "--set", "Turn:Secret=" + Secret + "-of-turn"];

    /// <summary>Everything, also where an operator asks for it by the provider's name.</summary>
    private static readonly Dictionary<string, string> Everything = new()
    {
        ["Logging__LogLevel__Default"] = "Trace",
        ["Logging__LogLevel__Microsoft"] = "Trace",
        ["Logging__LogLevel__Microsoft.AspNetCore"] = "Trace",
        ["Logging__LogLevel__Microsoft.AspNetCore.Hosting.Diagnostics"] = "Trace",
        ["Logging__LogLevel__Akka"] = "Trace",
        ["Logging__Console__LogLevel__Default"] = "Trace",
        ["Logging__Console__LogLevel__Microsoft.AspNetCore.Hosting.Diagnostics"] = "Trace",
        ["Logging__Console__FormatterOptions__IncludeScopes"] = "true",
    };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_clients_say_is_never_in_the_log(bool logsEverything)
    {
        await using var node = await StartAsync(logsEverything ? Everything : new Dictionary<string, string>());

        await UseAsync(node);
        await AttackAsync(node);
        await StopAsync(node);

        AssertPrivate(node);
        Assert.Equal(logsEverything, node.Output.Any(line => line.Contains(" dbug: ", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_clients_say_over_TLS_and_HTTP2_is_never_in_the_log(bool logsEverything)
    {
        using var certificate = new TestCertificate();
        await using var node = await StartAsync(logsEverything ? Everything : new Dictionary<string, string>(), "--set", $"Tls:Certificate={certificate.Pfx}", "--set", $"Tls:Password={TestCertificate.Password}");
        using var invoker = certificate.CreateInvoker();

        await using (var client = await SignalingClient.ConnectAsync(new Uri(node.Clients, $"/{Secret}?token={Secret}"), TestCertificate.UseHttp2, invoker))
        {
            await client.SendAsync($$"""{"type":"register","peerId":"alice","token":"{{Secret}}"}""");
            await client.NextAsync("registered");
            await client.SendAsync($$"""{"type":"offer","to":"alice","sdp":"{{Secret}}"}""");
            await client.NextAsync("offer");
        }
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(node.Public, $"/ice?uid={Secret}")) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {Secret}");
        using var answer = await invoker.SendAsync(request, CancellationToken.None);
        for (var i = 0; i < 3; i++) await SendBytesAsync(node.Public, $"GET /?token={Secret} HTTP/1.1\r\n\r\n"); // to where TLS is spoken
        await StopAsync(node);

        AssertPrivate(node);
        Assert.DoesNotContain(TestCertificate.Password, string.Join('\n', node.Output), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hashed_ids_are_the_same_within_a_run_and_others_in_the_next()
    {
        var (first, second) = (await NamesAsync(), await NamesAsync());

        Assert.Matches("^#[0-9a-f]{10}$", first);
        Assert.Matches("^#[0-9a-f]{10}$", second);
        Assert.NotEqual(first, second);

        static async Task<string> NamesAsync()
        {
            await using var node = await NodeProcess.StartAsync("--set", "Privacy:LogIds=Hashed");
            await FightAsync(node, Deceiver);
            var line = await node.OutputLineAsync(line => line.Contains("keep replacing", StringComparison.Ordinal));
            await StopAsync(node);
            Assert.DoesNotContain(node.Output, line => line.Contains("allory", StringComparison.Ordinal));
            return FoughtFor().Match(line).Groups["name"].Value;
        }
    }

    [Fact]
    public async Task The_log_does_not_grow_with_hostile_traffic()
    {
        using var certificate = new TestCertificate();
        await using var node = await NodeProcess.StartAsync(
            "--set", "Limits:MessagesPerSecond=1", "--set", "Limits:MessageBurst=10", "--set", "Limits:MaxConnections=50", "--set", "Management:Token=0123456789abcdef");
        await using var secure = await NodeProcess.StartAsync("--set", $"Tls:Certificate={certificate.Pfx}", "--set", $"Tls:Password={TestCertificate.Password}");
        var before = node.Output.Count + secure.Output.Count;

        await using (var client = await RawClient.OpenAsync(node.Clients))
        {
            foreach (var _ in Enumerable.Range(0, 5_000)) await client.SendTextAsync("""{"type":"no\u001bsuch" """);
        }
        string[] requests = [RawClient.Handshake(), RawClient.Handshake(version: "7"), "GET /\u0001 HTTP/1.1\r\n\r\n"];
        await Task.WhenAll(Enumerable.Range(0, 600).Select(i => SendBytesAsync(node.Public, requests[i % requests.Length])));
        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => SendBytesAsync(node.Management, "GET /stats HTTP/1.1\r\nHost: node\r\nAuthorization: Bearer guess\r\nConnection: close\r\n\r\n")));
        await Task.WhenAll(Enumerable.Range(0, 500).Select(i => i % 2 == 0 ? SendBytesAsync(secure.Public, "\u0016\u0003\u0001garbage") : OldTlsAsync(secure.Public)));
        for (var i = 0; i < 8; i++) await FightAsync(node, $"mallory-{i}");
        await StopAsync(node);
        await StopAsync(secure);

        // The fights are told once; Kestrel may warn of a machine that is too busy.
        var added = node.Output.Count + secure.Output.Count - before;
        Assert.True(added <= 3, string.Join('\n', node.Output.Concat(secure.Output)));
    }

    private static Task<NodeProcess> StartAsync(IReadOnlyDictionary<string, string> environment, params string[] arguments) => NodeProcess.StartAsync(
        environment,
        ["--host", "127.0.0.1", "--port", "0", "--health-port", "0", .. TurnSettings, "--set", $"Management:Token={Secret}-of-operators", "--set", "Limits:QuestionBurst=1", "--set", "Connection:MaxMessageBytes=2000", .. arguments]);

    /// <summary>Two clients that call each other, one that is away, operators that look.</summary>
    private static async Task UseAsync(NodeProcess node)
    {
        await using (var alice = await SignalingClient.ConnectAsync(new Uri(node.Clients, $"/{Secret}?token={Secret}&uid={Secret}"), options =>
        {
            options.SetRequestHeader("Authorization", $"Bearer {Secret}");
            options.SetRequestHeader("Cookie", Secret);
            options.SetRequestHeader("Origin", $"https://{Secret}.example.org");
            options.AddSubProtocol(Secret);
        }))
        {
            await alice.SendAsync($$$"""{"type":"register","peerId":"{{{Deceiver}}}","token":"{{{Secret}}}","deviceType":"web","deviceInfo":{"model":"{{{Secret}}}"}}""");
            await alice.NextAsync("registered");
            await alice.SendAsync($$"""{"type":"offer","to":"{{Deceiver}}","sdp":"v=0 {{Secret}}"}""");
            await alice.NextAsync("offer");
            await alice.SendAsync($$$"""{"type":"ice-candidate","to":"bob","candidate":{"candidate":"{{{Secret}}}"}}""");
            await alice.NextAsync("peer-offline");
            await alice.SendAsync("""{"type":"get-peers"}""");
            await alice.SendAsync("""{"type":"get-peers"}""");
            Assert.Equal(["error", "peers-list"], new[] { (await alice.NextAsync()).Type, (await alice.NextAsync()).Type }.Order(StringComparer.Ordinal));
            await alice.SendAsync($$"""{"type":"offer","to":"bob","sdp":"{{new string('x', 2_000)}}{{Secret}}"}""");
            await alice.NextAsync("error");
        }
        await using (var bob = await SignalingClient.ConnectAsync(node.Clients))
        {
            await bob.RegisterAsync("bob");
            await bob.NextAsync("offline-message");
        }
        await FightAsync(node, Deceiver);
        using var http = new HttpClient();
        http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"Bearer {Secret}");
        foreach (var path in new[] { $"/ice?uid={Secret}", $"/health?token={Secret}", $"/{Secret}?token={Secret}", $"/%0A%1B[31m{Secret}" })
        {
            using var atPublic = await http.GetAsync(new Uri(node.Public, path));
            using var atManagement = await http.GetAsync(new Uri(node.Management, path));
        }
    }

    /// <summary>Messages and requests that are none.</summary>
    private static async Task AttackAsync(NodeProcess node)
    {
        const string Forged = "2026-01-01T00:00:00.000Z fail: Signaling[1] forged";
        await using (var client = await SignalingClient.ConnectAsync(node.Clients))
        {
            await client.RegisterAsync("eve");
            foreach (var message in new[]
            {
                $$"""{"type":"offer","sdp":"{{Secret}}" nonsense""",
                $$"""{"type":"\u001b[31m{{Secret}}\r\n{{Forged}}\u0000","to":"bob"}""",
                $$"""{"type":"offer","to":"\u202e{{Secret}}\n{{Forged}}"}""",
                $$"""{"type":"register","peerId":["{{Secret}}"]}""",
                $"{Secret}\n{Forged}\u001b[2J",
            })
            {
                await client.SendAsync(message);
                await client.NextAsync("error");
            }
        }
        await using (var client = await RawClient.OpenAsync(node.Clients))
        {
            await client.SendAsync(ClientFrame.Of(0x83, Encoding.UTF8.GetBytes(Secret)));
            await client.ReadToEndAsync();
        }
        foreach (var request in new[]
        {
            $"GET /?token={Secret} HTTP/1.1\r\nHost: node\r\nAuthorization: Bearer {Secret}\r\nX: \u0001\u001b[31m{Secret}\r\n\r\n",
            $"GET /{Secret}\u001b?token={Secret} HTTP/1.1\r\nHost: node\r\n\r\n",
            $"GET /{Secret} {Secret}\r\n{Forged}\r\n\r\n",
            $"{Secret}\r{Forged}\r\n\r\n",
            $"GET /?token={Secret} HTTP/1.1\r\nHost: {Secret} {Secret}\r\n\r\n",
            $"GET http://{Secret}:{Secret}@{Secret}/?token={Secret} HTTP/1.1\r\nHost: node\r\n\r\n",
            $"POST /?token={Secret} HTTP/1.1\r\nHost: node\r\nContent-Length: {Secret}\r\n\r\n",
            $"POST /?token={Secret} HTTP/1.1\r\nHost: node\r\nTransfer-Encoding: {Secret}\r\n\r\n",
            RawClient.Handshake(path: $"/?token={Secret}", version: Secret),
            RawClient.Handshake(path: $"/?token={Secret}", key: Secret),
            RawClient.Handshake(path: $"/{Secret}?token={Secret}", more: $"Authorization: {Secret}\r\nSec-WebSocket-Protocol: {Secret},,\u0001\r\n"),
            RawClient.Handshake(path: $"/{Secret}?token={Secret}", more: $"X-Forwarded-For: {Secret}\r\n"),
        })
        {
            await SendBytesAsync(node.Public, request);
            await SendBytesAsync(node.Management, request);
        }
    }

    private static async Task FightAsync(NodeProcess node, string peer)
    {
        var clients = new List<SignalingClient>();
        for (var i = 0; i < 10; i++)
        {
            clients.Add(await SignalingClient.ConnectAsync(node.Clients));
            await clients[^1].RegisterAsync(peer);
        }
        foreach (var client in clients) await client.DisposeAsync();
    }

    /// <summary>Says something and hangs up once it is answered, or refused.</summary>
    private static async Task SendBytesAsync(Uri node, string text)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, node.Port);
        var stream = tcp.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes(text));
        tcp.Client.Shutdown(SocketShutdown.Send);
        try
        {
            await stream.CopyToAsync(Stream.Null).WaitAsync(NodeProcess.Patience);
        }
        catch (IOException)
        {
            // It was cut, which is an answer too.
        }
    }

    private static async Task OldTlsAsync(Uri node)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, node.Port);
        await using var tls = new SslStream(tcp.GetStream());
        await Assert.ThrowsAnyAsync<Exception>(() => tls.AuthenticateAsClientAsync("localhost")); // does not trust the certificate, and says so in an alert
    }

    private static async Task StopAsync(NodeProcess node)
    {
        node.Signal(15);
        Assert.Equal(0, await node.ExitCodeAsync());
    }

    private static void AssertPrivate(NodeProcess node)
    {
        Assert.Empty(node.Errors);
        var leaks = node.Output.Where(line => line.Contains(Secret, StringComparison.Ordinal) || line.Contains("forged", StringComparison.Ordinal)
            || line.Any(c => char.IsControl(c) || c is '\u202E' or '\u200B') || !LogLine().IsMatch(line));
        Assert.True(!leaks.Any(), string.Join('\n', leaks));         // in full, which Assert.Empty would not show
    }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT[\d:.]+Z (trce|dbug|info|warn|fail|crit): ")]
    private static partial Regex LogLine();

    [GeneratedRegex("replacing each other as peer (?<name>[^;]+);")]
    private static partial Regex FoughtFor();
}
