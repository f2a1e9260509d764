using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Signaling.Node.Tests.Hosting;

/// <summary>A real proxy, from Debian's packages, with the configuration that <c>deploy/</c> offers, in front of a node. It is killed, by its id, when it is disposed.</summary>
public sealed class ProxyServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly Process _process;

    private ProxyServer(string program, string arguments, TemporaryFolder folder, int port)
    {
        (_folder, Clients) = (folder, new Uri($"wss://127.0.0.1:{port}/"));
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true };
        start.Environment["HOME"] = folder.PathOf("home");          // where Caddy keeps what it was told last
        try
        {
            _process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new InvalidOperationException($"{program} is not installed: apt-get install nginx-light haproxy caddy, as test/run does where it may.");
        }
    }

    /// <summary>Where clients connect.</summary>
    public Uri Clients { get; }

    public static Task<ProxyServer> StartNginxAsync(Uri node, TestCertificate certificate)
    {
        var (folder, port) = (new TemporaryFolder(), FreePort());
        var site = Deployed("nginx.conf")
            .Replace("127.0.0.1:9001", $"127.0.0.1:{node.Port}", StringComparison.Ordinal)
            .Replace("listen 443 ssl", $"listen 127.0.0.1:{port} ssl", StringComparison.Ordinal)
            .Replace("/etc/ssl/certs/signal.pem", certificate.Pem, StringComparison.Ordinal)
            .Replace("/etc/ssl/private/signal.key", certificate.Key, StringComparison.Ordinal);
        folder.Write("site.conf", site);
        var temporary = string.Concat(new[] { "client_body", "proxy", "fastcgi", "uwsgi", "scgi" }.Select(kind => $"{kind}_temp_path {folder.PathOf(kind)};\n"));
        var main = folder.Write("nginx.conf", $"daemon off; master_process off; pid {folder.PathOf("pid")}; error_log stderr;\nevents {{}}\nhttp {{ access_log off; {temporary} include {folder.PathOf("site.conf")}; }}\n");
        return ReadyAsync(new ProxyServer("nginx", $"-e stderr -c {main}", folder, port));
    }

    public static Task<ProxyServer> StartHaproxyAsync(Uri node, TestCertificate certificate)
    {
        var (folder, port) = (new TemporaryFolder(), FreePort());
        var configuration = Deployed("haproxy.cfg")
            .Replace("127.0.0.1:9001", $"127.0.0.1:{node.Port}", StringComparison.Ordinal)
            .Replace("bind :443", $"bind 127.0.0.1:{port}", StringComparison.Ordinal)
            .Replace("/etc/haproxy/signal.pem", certificate.PemWithKey, StringComparison.Ordinal);
        return ReadyAsync(new ProxyServer("haproxy", $"-db -f {folder.Write("haproxy.cfg", configuration)}", folder, port));
    }

    /// <summary>With the certificate of the tests in place of the one that Caddy would get, and believing a proxy before it, which it does of none unless told.</summary>
    public static Task<ProxyServer> StartCaddyAsync(Uri node, TestCertificate certificate)
    {
        var (folder, port) = (new TemporaryFolder(), FreePort());
        var site = Deployed("Caddyfile")
            .Replace("127.0.0.1:9001", $"127.0.0.1:{node.Port} {{\n\t\ttrusted_proxies 127.0.0.1/32\n\t}}", StringComparison.Ordinal)
            .Replace("signal.example.org {", $"https://127.0.0.1:{port} {{\n\tbind 127.0.0.1\n\ttls {certificate.Pem} {certificate.Key}", StringComparison.Ordinal);
        var main = folder.Write("Caddyfile", $"{{\n\tadmin off\n\tauto_https off\n\tdefault_sni localhost\n}}\n{site}");
        return ReadyAsync(new ProxyServer("caddy", $"run --adapter caddyfile --config {main}", folder, port));
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Dispose();
    }

    private static string Deployed(string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "deploy", name));

    private static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    private static async Task<ProxyServer> ReadyAsync(ProxyServer proxy)
    {
        try
        {
            await Poll.UntilAsync(async () =>
            {
                Assert.False(proxy._process.HasExited, proxy._process.HasExited ? await proxy._process.StandardError.ReadToEndAsync() : "");
                using var probe = new TcpClient();
                return await Record.ExceptionAsync(() => probe.ConnectAsync(IPAddress.Loopback, proxy.Clients.Port)) is null;
            });
            return proxy;
        }
        catch
        {
            await proxy.DisposeAsync();
            throw;
        }
    }
}
