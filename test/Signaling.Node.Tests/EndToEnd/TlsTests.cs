using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

/// <summary><c>wss://</c> over HTTP/1.1, with a certificate in each form.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly TestCertificate _certificate = new();

    [Fact]
    public Task A_pem_file_with_its_key_in_another() => RelayAsync($"Tls:Certificate={_certificate.Pem}", $"Tls:Key={_certificate.Key}");

    [Fact]
    public Task A_pem_file_that_holds_its_key_too() => RelayAsync($"Tls:Certificate={_certificate.PemWithKey}");

    [Fact]
    public Task A_pem_file_with_an_encrypted_key() =>
        RelayAsync($"Tls:Certificate={_certificate.Pem}", $"Tls:Key={_certificate.EncryptedKey}", $"Tls:Password={TestCertificate.Password}");

    [Fact]
    public Task A_pfx_file_with_a_password() => RelayAsync($"Tls:Certificate={_certificate.Pfx}", $"Tls:Password={TestCertificate.Password}");

    [Fact]
    public Task A_pfx_file_named_in_capitals() => RelayAsync($"Tls:Certificate={_certificate.PfxInCapitals}", $"Tls:Password={TestCertificate.Password}");

    [Fact]
    public Task A_wrong_password_of_a_pfx_file() => FailAsync(_certificate.Pfx, $"Tls:Certificate={_certificate.Pfx}", "Tls:Password=opensesame");

    [Fact]
    public Task A_wrong_password_of_a_key() =>
        FailAsync(_certificate.EncryptedKey, $"Tls:Certificate={_certificate.Pem}", $"Tls:Key={_certificate.EncryptedKey}", "Tls:Password=opensesame");

    [Fact]
    public Task A_pem_file_without_its_key() => FailAsync(_certificate.Pem, $"Tls:Certificate={_certificate.Pem}");

    [Fact]
    public async Task Files_that_change_are_for_new_connections_and_open_ones_go_on()
    {
        using var renewed = new TestCertificate();
        await using var node = await NodeProcess.StartAsync(Set($"Tls:Certificate={_certificate.Pem}", $"Tls:Key={_certificate.Key}", "Tls:ReloadInterval=00:00:01"));
        await using var before = await SignalingClient.ConnectAsync(node.Clients, _certificate.UseHttp1);
        await before.RegisterAsync("before");

        File.Copy(renewed.Pem, _certificate.Pem, overwrite: true);  // half of a renewal
        await node.OutputLineAsync(line => line.Contains("the one from before stays in force", StringComparison.Ordinal));
        await using var between = await SignalingClient.ConnectAsync(node.Clients, _certificate.UseHttp1);
        await between.RegisterAsync("between");

        File.Copy(renewed.Key, _certificate.Key, overwrite: true);
        await node.OutputLineAsync(line => line.Contains("New connections get the certificate", StringComparison.Ordinal));
        await using var after = await SignalingClient.ConnectAsync(node.Clients, renewed.UseHttp1);
        await after.RegisterAsync("after");

        await after.SendAsync("""{"type":"offer","to":"before"}""");
        await before.SendAsync("""{"type":"answer","to":"between"}""");
        Assert.Equal("after", (await before.NextAsync("offer")).Value("from"));
        Assert.Equal("before", (await between.NextAsync("answer")).Value("from"));
        Assert.Empty(node.Failures);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12, true)]
    [InlineData(SslProtocols.Tls13, true)]
#pragma warning disable CA5397, CS0618, SYSLIB0039 // That old ones are refused is what is tested.
    [InlineData(SslProtocols.Tls11, false)]
#pragma warning restore CA5397, CS0618, SYSLIB0039
    public async Task Old_versions_are_refused(SslProtocols version, bool isServed)
    {
        await using var node = await NodeProcess.StartAsync(Set($"Tls:Certificate={_certificate.PemWithKey}"));
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(node.Clients.Host, node.Clients.Port);
        await using var tls = new SslStream(tcp.GetStream(), leaveInnerStreamOpen: false, _certificate.IsThis);

        var failure = await Record.ExceptionAsync(() => tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", EnabledSslProtocols = version }));

        Assert.Equal(isServed, failure is null);
        if (isServed) Assert.Equal(version, tls.SslProtocol);
    }

    [Fact]
    public async Task Half_open_handshakes_are_bounded_and_cut_in_time()
    {
        await using var node = await NodeProcess.StartAsync(Set($"Tls:Certificate={_certificate.PemWithKey}", "Limits:HandshakesInProgress=500"));
        var clients = Enumerable.Range(0, 501).Select(_ => new TcpClient()).ToArray();
        try
        {
            foreach (var client in clients)
            {
                await client.ConnectAsync(node.Clients.Host, node.Clients.Port);
                await client.Client.SendAsync(new byte[] { 0x16, 0x03, 0x01 }); // a ClientHello begins so (RFC 8446 §5.1)
            }

            var ends = clients.Select(EndAsync).ToList();
            ends.Remove(await Task.WhenAny(ends));                  // one too many, whichever it was
            Assert.DoesNotContain(ends, end => end.IsCompleted);
            await Task.WhenAll(ends).WaitAsync(NodeProcess.Patience);
        }
        finally
        {
            foreach (var client in clients) client.Dispose();
        }
        await using var healthy = await SignalingClient.ConnectAsync(node.Clients, _certificate.UseHttp1);
        await healthy.RegisterAsync("healthy");
        Assert.Empty(node.Failures);
    }

    public void Dispose() => _certificate.Dispose();

    /// <summary>Completes when the node has ended the connection, in whichever way.</summary>
    private static async Task EndAsync(TcpClient client) =>
        await client.GetStream().ReadAsync(new byte[1]).AsTask().ContinueWith(_ => { }, TaskScheduler.Default);

    private async Task RelayAsync(params string[] settings)
    {
        await using var node = await NodeProcess.StartAsync(Set(settings));
        Assert.Equal("wss", node.Clients.Scheme);
        await using var alice = await SignalingClient.ConnectAsync(node.Clients, _certificate.UseHttp1);
        await using var bob = await SignalingClient.ConnectAsync(node.Clients, _certificate.UseHttp1);
        await alice.RegisterAsync("alice");
        await bob.RegisterAsync("bob");

        await alice.SendAsync("""{"type":"offer","to":"bob","sdp":"v=0"}""");

        Assert.Equal("""{"type":"offer","to":"bob","sdp":"v=0","from":"alice"}""", (await bob.NextAsync("offer")).Text);
        Assert.Equal(1000, (await alice.CloseAsync()).Code);
        Assert.Empty(node.Failures);
    }

    /// <summary>Told in one line that names the file, and never the password.</summary>
    private static async Task FailAsync(string file, params string[] settings)
    {
        var run = await NodeProcess.RunAsync(["--port", "0", "--health-port", "0", .. Set(settings)]);

        Assert.Equal(1, run.ExitCode);
        Assert.Empty(run.Output);
        var line = Assert.Single(run.Errors);
        Assert.StartsWith("signaling-node: ", line, StringComparison.Ordinal);
        Assert.Contains($"'{file}'", line, StringComparison.Ordinal);
        Assert.DoesNotContain("opensesame", line, StringComparison.Ordinal);
    }

    private static string[] Set(params string[] settings) => [.. settings.SelectMany(setting => new[] { "--set", setting })];
}
