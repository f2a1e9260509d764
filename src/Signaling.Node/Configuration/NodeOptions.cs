using System.ComponentModel.DataAnnotations;
using System.Net;
using Microsoft.Extensions.Options;
using Signaling.Actors.Hosting;
using Signaling.AspNetCore;
using Signaling.Node.Storage;

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

    /// <summary>Where messages for peers that are away are kept.</summary>
    [ValidateObjectMembers] public StoreOptions Store { get; set; } = new();

    /// <summary>TURN servers that clients are sent to; none means that nothing is served.</summary>
    [ValidateObjectMembers] public TurnOptions Turn { get; set; } = new();
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

/// <summary>A certificate.</summary>
internal sealed class TlsOptions
{
    /// <summary>A PEM or PFX file; empty for no TLS.</summary>
    public string Certificate { get; set; } = "";

    /// <summary>The private key's PEM file, where it is not in the certificate's.</summary>
    public string Key { get; set; } = "";

    /// <summary>Of the PFX file or of the key. A secret.</summary>
    public string Password { get; set; } = "";

    /// <summary>How often the files are read again.</summary>
    /// <value>1 s to 1 day, default 10 s.</value>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")] public TimeSpan ReloadInterval { get; set; } = TimeSpan.FromSeconds(10);

    internal bool IsSet => Certificate.Length > 0;
}

/// <summary>TURN servers and the secret they share with this node (TURN REST API, draft-uberti-behave-turn-rest-00).</summary>
internal sealed class TurnOptions
{
    /// <summary>Such as <c>turn:turn.example.org:3478</c>; empty for none.</summary>
    public IList<string> Urls { get; set; } = [];

    /// <summary>coturn's <c>static-auth-secret</c>. A secret.</summary>
    public string Secret { get; set; } = "";

    /// <summary>How long a credential is valid.</summary>
    /// <value>1 min to 1 day, default 1 h.</value>
    [Range(typeof(TimeSpan), "00:01:00", "1.00:00:00")] public TimeSpan TimeToLive { get; set; } = TimeSpan.FromHours(1);
}

/// <summary>Checks every range at start.</summary>
[OptionsValidator]
internal sealed partial class NodeOptionsRanges : IValidateOptions<NodeOptions>;

/// <summary>Checks what needs more than one value, or the file system.</summary>
internal sealed class NodeOptionsRules : IValidateOptions<NodeOptions>
{
    /// <summary>What can be guessed within a lifetime is no token.</summary>
    private const int MinTokenLength = 16;

    public ValidateOptionsResult Validate(string? name, NodeOptions options)
    {
        var result = new ValidateOptionsResultBuilder();
        CheckHost(result, "Signaling:Listen:Host", options.Listen.Host);
        CheckHost(result, "Signaling:Management:Host", options.Management.Host);
        if (options.Listen.Port != 0 && options.Listen.Port == options.Management.Port)
            result.AddError($"Signaling:Management:Port: clients and management cannot share port {options.Listen.Port}");
        CheckTls(result, "Signaling:Tls", options.Tls);
        CheckTls(result, "Signaling:Management:Tls", options.Management.Tls);
        if (options.Management.Token.Length is > 0 and < MinTokenLength) result.AddError($"Signaling:Management:Token: a token has {MinTokenLength} characters at least");
        foreach (var origin in options.Connection.AllowedOrigins.Where(origin => !AllowedOrigins.IsValid(origin)))
            result.AddError($"Signaling:Connection:AllowedOrigins: '{origin}' is no origin such as https://app.example.org or https://*.example.org");
        foreach (var proxy in options.Connection.TrustedProxies.Where(proxy => !IPAddress.TryParse(proxy, out _) && !IPNetwork.TryParse(proxy, out _)))
            result.AddError($"Signaling:Connection:TrustedProxies: '{proxy}' is no address and no network such as 10.0.0.0/8");
        if (options.Turn.Urls.Count > 0 && options.Turn.Secret.Length == 0) result.AddError("Signaling:Turn:Secret: TURN servers need the secret they share with this node");
        return result.Build();
    }

    private static void CheckHost(ValidateOptionsResultBuilder result, string path, string host)
    {
        if (Address.Parse(host) is null) result.AddError($"{path}: '{host}' is no IP address, 'localhost' or '*'");
    }

    private static void CheckTls(ValidateOptionsResultBuilder result, string path, TlsOptions tls)
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
