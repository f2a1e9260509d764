using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text;
using Microsoft.Extensions.Options;
using Signaling.Actors.Hosting;
using Signaling.AspNetCore;
using Signaling.Cluster.Hosting;
using Signaling.Node.Auth;
using Signaling.Node.Demo;
using Signaling.Node.Storage;
using Signaling.Node.Storage.Postgres;

namespace Signaling.Node.Configuration;

/// <summary>Everything an operator may set: signaling itself, and the process around it. Bound to the section <c>Signaling</c>.</summary>
internal sealed class NodeOptions : SignalingOptions
{
    /// <summary>Where clients connect.</summary>
    [ValidateObjectMembers] public ListenOptions Listen { get; set; } = new() { Host = "*", Port = 9001 };

    /// <summary>Where operators look: health, statistics.</summary>
    [ValidateObjectMembers] public ManagementOptions Management { get; set; } = new() { Host = "127.0.0.1", Port = 9002 };

    /// <summary>Of the clients' endpoint; none means plain <c>ws://</c>.</summary>
    [ValidateObjectMembers] public TlsOptions Tls { get; set; } = new();

    /// <summary>Who may register which peer id.</summary>
    [ValidateObjectMembers] public AuthOptions Auth { get; set; } = new();

    /// <summary>Where messages for peers that are away are kept.</summary>
    [ValidateObjectMembers] public StoreOptions Store { get; set; } = new();

    /// <summary>Several nodes that act as one.</summary>
    [ValidateObjectMembers] public NodeClusterOptions Cluster { get; set; } = new();

    /// <summary>A page to try the node with.</summary>
    public DemoOptions Demo { get; set; } = new();
}

/// <summary>One listening socket.</summary>
internal class ListenOptions
{
    /// <summary>An IP address, <c>localhost</c>, or <c>*</c> for every address of the machine.</summary>
    [Required] public string Host { get; set; } = "";

    /// <summary>0 to 65,535; 0 takes a free one, which the log names.</summary>
    [Range(0, 65_535)] public int Port { get; set; }
}

/// <summary>The endpoint for operators.</summary>
internal sealed class ManagementOptions : ListenOptions
{
    /// <summary>What <c>Authorization: Bearer</c> must bring, but for liveness and readiness; empty asks nobody. A secret.</summary>
    /// <value>16 characters at least.</value>
    public string Token { get; set; } = "";

    /// <summary>None means plain <c>http://</c>.</summary>
    [ValidateObjectMembers] public TlsOptions Tls { get; set; } = new();
}

/// <summary>Several nodes that act as one.</summary>
internal sealed class NodeClusterOptions : ClusterOptions
{
    /// <summary>Between the nodes, read at start: all have the same certificate, and know each other by it; none means plain TCP.</summary>
    public CertificateOptions Tls { get; set; } = new();
}

/// <summary>A certificate.</summary>
internal class CertificateOptions
{
    /// <summary>A PEM or PFX file; empty for no TLS.</summary>
    public string Certificate { get; set; } = "";

    /// <summary>The private key's PEM file, where it is not in the certificate's.</summary>
    public string Key { get; set; } = "";

    /// <summary>Of the PFX file or of the key. A secret.</summary>
    public string Password { get; set; } = "";

    internal bool IsSet => Certificate.Length > 0;
}

/// <summary>A certificate that may change while the node runs.</summary>
internal sealed class TlsOptions : CertificateOptions
{
    /// <summary>How often the files are read again.</summary>
    /// <value>1 s to 1 day, default 10 s.</value>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")] public TimeSpan ReloadInterval { get; set; } = TimeSpan.FromSeconds(10);
}

/// <summary>Checks every range at start.</summary>
[OptionsValidator]
internal sealed partial class NodeOptionsRanges : IValidateOptions<NodeOptions>;

/// <summary>Checks what needs more than one value, or the file system.</summary>
internal sealed class NodeOptionsRules : IValidateOptions<NodeOptions>
{
    /// <summary>What can be guessed within a lifetime is no token.</summary>
    private const int MinTokenLength = 16;

    private const int MinJwtSecretBytes = 32;

    public ValidateOptionsResult Validate(string? name, NodeOptions options)
    {
        var result = new ValidateOptionsResultBuilder();
        CheckHost(result, "Signaling:Listen:Host", options.Listen.Host);
        CheckHost(result, "Signaling:Management:Host", options.Management.Host);
        if (options.Listen.Port != 0 && options.Listen.Port == options.Management.Port)
            result.AddError($"Signaling:Management:Port: clients and management cannot share port {options.Listen.Port}");
        CheckTls(result, "Signaling:Tls", options.Tls);
        CheckTls(result, "Signaling:Management:Tls", options.Management.Tls);
        CheckTls(result, "Signaling:Cluster:Tls", options.Cluster.Tls);
        if (options.Management.Token.Length is > 0 and < MinTokenLength) result.AddError($"Signaling:Management:Token: a token has {MinTokenLength} characters at least");
        CheckAuth(result, options);
        if (options.Store.Kind == StoreKind.PostgreSql && !PostgresPool.IsConnectionString(options.Store.ConnectionString))
            result.AddError("Signaling:Store:ConnectionString: must say which PostgreSQL, such as Host=db.example.org;Database=signaling;Username=signaling;Password=…");
        if (options.Cluster.Enabled) ClusterRules.Check(result, options);
        foreach (var origin in options.Connection.AllowedOrigins.Where(origin => !AllowedOrigins.IsValid(origin)))
            result.AddError($"Signaling:Connection:AllowedOrigins: '{origin}' is no origin such as https://app.example.org or https://*.example.org");
        foreach (var proxy in options.Connection.TrustedProxies.Where(proxy => !IPAddress.TryParse(proxy, out _) && !IPNetwork.TryParse(proxy, out _)))
            result.AddError($"Signaling:Connection:TrustedProxies: '{proxy}' is no address and no network such as 10.0.0.0/8");
        return result.Build();
    }

    private static void CheckAuth(ValidateOptionsResultBuilder result, NodeOptions options)
    {
        var (jwt, webhook, keys) = (options.Auth.Jwt, options.Auth.Webhook, options.Auth.Keys);
        CheckFile(result, "Signaling:Auth:Jwt:KeysFile", jwt.KeysFile);
        switch (options.Auth.Mode)
        {
            case AuthMode.Jwt:
                if (new[] { jwt.Secret, jwt.KeysFile, jwt.JwksUrl }.Count(source => source.Length > 0) != 1)
                    result.AddError("Signaling:Auth:Jwt: exactly one of Secret, KeysFile and JwksUrl says how tokens are signed");
                if (jwt.Secret.Length > 0 && Encoding.UTF8.GetByteCount(jwt.Secret) < MinJwtSecretBytes)
                    result.AddError($"Signaling:Auth:Jwt:Secret: HS256 needs {MinJwtSecretBytes} bytes at least (RFC 7518 §3.2)");
                if (jwt.JwksUrl.Length > 0 && !(IsHttp(jwt.JwksUrl, out var url) && (url.Scheme == Uri.UriSchemeHttps || url.IsLoopback)))
                    result.AddError("Signaling:Auth:Jwt:JwksUrl: must be an https:// address; on this machine http:// will do");
                break;
            case AuthMode.Webhook:
                if (!IsHttp(webhook.Url, out _)) result.AddError("Signaling:Auth:Webhook:Url: must be an http:// or https:// address");
                break;
            case AuthMode.Keys:
                if (keys.Audiences.Count == 0) result.AddError("Signaling:Auth:Keys:Audiences: name the server as its clients know it, such as signal.example.org");
                if (keys.FirstUse && options.Store.Kind == StoreKind.Memory) result.AddError("Signaling:Auth:Keys:FirstUse: what a peer id is bound to must outlive the process: set Store:Kind to Sqlite or PostgreSql");
                break;
        }
    }

    private static bool IsHttp(string text, [NotNullWhen(true)] out Uri? url) => Uri.TryCreate(text, UriKind.Absolute, out url) && url.Scheme is "http" or "https";

    private static void CheckHost(ValidateOptionsResultBuilder result, string path, string host)
    {
        if (Address.Parse(host) is null) result.AddError($"{path}: '{host}' is no IP address, 'localhost' or '*'");
    }

    private static void CheckTls(ValidateOptionsResultBuilder result, string path, CertificateOptions tls)
    {
        CheckFile(result, $"{path}:Certificate", tls.Certificate);
        CheckFile(result, $"{path}:Key", tls.Key);
        if (!tls.IsSet && tls.Key.Length > 0) result.AddError($"{path}:Certificate: a key needs a certificate");
    }

    private static void CheckFile(ValidateOptionsResultBuilder result, string path, string file)
    {
        if (file.StartsWith("-----BEGIN", StringComparison.Ordinal)) result.AddError($"{path}: takes the path of a file, not what it holds"); // perhaps a key
        else if (file.Length > 0 && !File.Exists(file)) result.AddError($"{path}: there is no file '{file}'");
    }
}
