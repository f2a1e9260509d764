using static Signaling.Node.Tests.Hosting.DebianServer;

namespace Signaling.Node.Tests.Hosting;

/// <summary>A real proxy in front of a node.</summary>
public sealed class ProxyServer : IAsyncDisposable
{
    private readonly DebianServer _server;

    private ProxyServer(DebianServer server, int port) => (_server, Clients) = (server, new Uri($"wss://127.0.0.1:{port}/"));

    /// <summary>Where clients connect.</summary>
    public Uri Clients { get; }

    public static async Task<ProxyServer> StartNginxAsync(Uri node, TestCertificate certificate)
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
        return new ProxyServer(await StartAsync("nginx", $"-e stderr -c {main}", folder, port), port);
    }

    public static async Task<ProxyServer> StartHaproxyAsync(Uri node, TestCertificate certificate)
    {
        var (folder, port) = (new TemporaryFolder(), FreePort());
        var configuration = Deployed("haproxy.cfg")
            .Replace("127.0.0.1:9001", $"127.0.0.1:{node.Port}", StringComparison.Ordinal)
            .Replace("bind :443", $"bind 127.0.0.1:{port}", StringComparison.Ordinal)
            .Replace("/etc/haproxy/signal.pem", certificate.PemWithKey, StringComparison.Ordinal);
        return new ProxyServer(await StartAsync("haproxy", $"-db -f {folder.Write("haproxy.cfg", configuration)}", folder, port), port);
    }

    /// <summary>With the certificate of the tests in place of the one that Caddy would get, and believing a proxy before it, which it does of none unless told.</summary>
    public static async Task<ProxyServer> StartCaddyAsync(Uri node, TestCertificate certificate)
    {
        var (folder, port) = (new TemporaryFolder(), FreePort());
        var site = Deployed("Caddyfile")
            .Replace("127.0.0.1:9001", $"127.0.0.1:{node.Port} {{\n\t\ttrusted_proxies 127.0.0.1/32\n\t}}", StringComparison.Ordinal)
            .Replace("signal.example.org {", $"https://127.0.0.1:{port} {{\n\tbind 127.0.0.1\n\ttls {certificate.Pem} {certificate.Key}", StringComparison.Ordinal);
        var main = folder.Write("Caddyfile", $"{{\n\tadmin off\n\tauto_https off\n\tdefault_sni localhost\n}}\n{site}");
        return new ProxyServer(await StartAsync("caddy", $"run --adapter caddyfile --config {main}", folder, port), port);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
