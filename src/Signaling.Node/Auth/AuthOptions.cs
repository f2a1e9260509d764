using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Signaling.Node.Auth;

/// <summary>Who may register which peer id.</summary>
internal sealed class AuthOptions
{
    /// <summary>What a client has to show.</summary>
    [EnumDataType(typeof(AuthMode))] public AuthMode Mode { get; set; } = AuthMode.Open;

    /// <summary>Where <see cref="Mode"/> is <see cref="AuthMode.Jwt"/>.</summary>
    [ValidateObjectMembers] public JwtOptions Jwt { get; set; } = new();

    /// <summary>Where <see cref="Mode"/> is <see cref="AuthMode.Webhook"/>.</summary>
    [ValidateObjectMembers] public WebhookOptions Webhook { get; set; } = new();

    /// <summary>Where <see cref="Mode"/> is <see cref="AuthMode.Keys"/>.</summary>
    [ValidateObjectMembers] public KeyOptions Keys { get; set; } = new();
}

/// <summary>What a client has to show to register a peer id.</summary>
internal enum AuthMode
{
    /// <summary>Nothing: every client may register every id.</summary>
    Open,

    /// <summary>A signed token that names the id (RFC 7519).</summary>
    Jwt,

    /// <summary>Whatever the operator's own HTTP endpoint accepts.</summary>
    Webhook,

    /// <summary>That it holds the private key which the id is bound to.</summary>
    Keys,
}

/// <summary>Tokens (RFC 7519, RFC 8725). Exactly one of <see cref="Secret"/>, <see cref="KeysFile"/> and <see cref="JwksUrl"/> says how they are signed.</summary>
internal sealed class JwtOptions
{
    /// <summary>Shared with whoever issues the tokens: HS256. A secret.</summary>
    /// <value>32 bytes at least (RFC 7518 §3.2).</value>
    public string Secret { get; set; } = "";

    /// <summary>A file of public keys, PEM or a JSON Web Key Set: RS256, PS256, ES256.</summary>
    public string KeysFile { get; set; } = "";

    /// <summary>Where the issuer publishes its JSON Web Key Set; <c>https://</c>, on this machine also <c>http://</c>.</summary>
    public string JwksUrl { get; set; } = "";

    /// <summary>How old the published keys may be. A token of a key that is not known yet asks for them at once, every 10 s at most.</summary>
    /// <value>10 s to 1 day, default 10 min.</value>
    [Range(typeof(TimeSpan), "00:00:10", "1.00:00:00")] public TimeSpan JwksRefreshInterval { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>What <c>iss</c> must be; empty: anything.</summary>
    public string Issuer { get; set; } = "";

    /// <summary>What <c>aud</c> must be, or have among others; empty: anything.</summary>
    public string Audience { get; set; } = "";

    /// <summary>The claim that is the peer id.</summary>
    [Required] public string PeerIdClaim { get; set; } = "sub";

    /// <summary>The claim with more ids that the client may register, as text or array; a <c>*</c> at the end stands for all that begin so.</summary>
    [Required] public string PeerIdsClaim { get; set; } = "peerIds";

    /// <summary>The claim with the ids that the client may see and send to, written the same way; a token without it lets see everybody.</summary>
    [Required] public string ReachClaim { get; set; } = "reach";

    /// <summary>How far the issuer's clock may be off.</summary>
    /// <value>0 to 5 min, default 30 s.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")] public TimeSpan ClockSkew { get; set; } = TimeSpan.FromSeconds(30);
}

/// <summary>The operator's HTTP endpoint that decides.</summary>
internal sealed class WebhookOptions
{
    /// <summary>Where it is. The client's token goes there: anything but <c>https://</c> belongs into a network of one's own.</summary>
    public string Url { get; set; } = "";

    /// <summary>Sent as <c>Authorization: Bearer</c>, so that the endpoint knows the node; empty: not sent. A secret.</summary>
    public string Secret { get; set; } = "";

    /// <summary>How long it may take.</summary>
    /// <value>100 ms to 30 s, default 5 s.</value>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:00:30")] public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long what it allowed counts for the same token, id and address, unless it names a time itself.</summary>
    /// <value>0 to 1 day, default 1 min.</value>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")] public TimeSpan CacheTimeToLive { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Requests at a time; clients beyond wait, no longer than <see cref="Timeout"/>.</summary>
    /// <value>1 to 10,000, default 64.</value>
    [Range(1, 10_000)] public int MaxRequests { get; set; } = 64;
}

/// <summary>Peer ids that are bound to keys.</summary>
internal sealed class KeyOptions
{
    /// <summary>The names by which clients know this server, such as <c>signal.example.org</c>; a proof says for which one it was made.</summary>
    public IList<string> Audiences { get; set; } = [];

    /// <summary>Whether an id that is not made from a key is bound to the first key that registers it; else it is refused.</summary>
    public bool FirstUse { get; set; } = true;

    /// <summary>So many ids may be bound by first use.</summary>
    /// <value>1 to 100,000,000, default 1,000,000; each takes some 100 bytes of the database.</value>
    [Range(1, 100_000_000)] public int MaxPins { get; set; } = 1_000_000;
}
