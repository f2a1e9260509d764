using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Signaling.Actors.Auth;
using Signaling.Actors.Protocol;

namespace Signaling.Node.Auth;

/// <summary>Lets in who brings a signed token that names the peer id (RFC 7519, with the rules of RFC 8725).</summary>
internal sealed class JwtAuthorizer(JwtOptions options, IJwtKeys keys, TimeProvider time) : IPeerAuthorizer
{
    private static readonly Verdict AskForToken = Verdict.Ask("a token: in \"register\", in an Authorization header, or as subprotocol \"bearer.<token>\"");

    private readonly JsonWebTokenHandler _handler = new();

    /// <inheritdoc/>
    public async ValueTask<Verdict> AuthorizeAsync(RegistrationAttempt attempt)
    {
        if (attempt.Token is not { } text) return AskForToken;
        if (Read(text) is not { } token) return Verdict.Deny("the token is no JWT");
        if (token.TryGetHeaderValue<object>("crit", out _)) return Verdict.Deny("the token has demands that this node does not know (crit)"); // RFC 7515 §4.1.11
        if (await keys.FindAsync(token.Kid) is not { } found) return Verdict.Unavailable;
        var result = await _handler.ValidateTokenAsync(token, Rules(found));
        if (!result.IsValid) return Verdict.Deny(Explain(token, result.Exception));
        try
        {
            return Decide(token, attempt.Peer);
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException) // the latter at a name that is no text
        {
            return Verdict.Deny("the token's claims cannot be read");
        }
    }

    private JsonWebToken? Read(string text)
    {
        try
        {
            return _handler.CanReadToken(text) ? _handler.ReadJsonWebToken(text) : null;
        }
        catch (Exception malformed) when (malformed is ArgumentException or SecurityTokenException or JsonException or FormatException or InvalidOperationException)
        {
            return null;
        }
    }

    private TokenValidationParameters Rules(IReadOnlyList<SecurityKey> found) => new()
    {
        IssuerSigningKeys = found,
        TryAllIssuerSigningKeys = true,
        ValidAlgorithms = keys.Algorithms,                          // never the token's word alone: no "none", no public key taken for a shared secret
        ValidateIssuer = options.Issuer.Length > 0,
        ValidIssuer = options.Issuer,
        ValidateAudience = options.Audience.Length > 0,
        ValidAudience = options.Audience,
        RequireExpirationTime = true,
        LifetimeValidator = (from, to, _, _) => to is { } end && !HasExpired(end) && !IsEarly(from),
    };

    private bool HasExpired(DateTime to) => time.GetUtcNow() >= ExpiryOf(to);

    private bool IsEarly(DateTime? from) => from is { } start && start.Ticks - options.ClockSkew.Ticks > time.GetUtcNow().UtcTicks; // UTC both

    private DateTimeOffset ExpiryOf(DateTime to) => DateTime.MaxValue - to < options.ClockSkew ? DateTimeOffset.MaxValue : new DateTimeOffset(DateTime.SpecifyKind(to, DateTimeKind.Utc)) + options.ClockSkew;

    private Verdict Decide(JsonWebToken token, PeerId peer)
    {
        using var claims = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(token.EncodedPayload));
        if (!TryReadPatterns(claims.RootElement, options.PeerIdsClaim, out var peers)) return Verdict.Deny($"the token's {options.PeerIdsClaim} is no list of peer ids");
        if (!TryReadPatterns(claims.RootElement, options.ReachClaim, out var reach)) return Verdict.Deny($"the token's {options.ReachClaim} is no list of peer ids");
        var isNamed = claims.RootElement.TryGetProperty(options.PeerIdClaim, out var id) && id.ValueKind == JsonValueKind.String && id.ValueEquals(peer.Value);
        return isNamed || peers?.Include(peer) == true ? Verdict.Allow(new Grant(ExpiryOf(token.ValidTo), reach)) : Verdict.Deny("the token is not for this peerId");
    }

    /// <param name="claims">All of them.</param>
    /// <param name="name">The one.</param>
    /// <param name="patterns">Null where the token does not have it.</param>
    private static bool TryReadPatterns(JsonElement claims, string name, out PeerPatterns? patterns)
    {
        patterns = null;
        return !claims.TryGetProperty(name, out var claim) || claim.TryGetPatterns(out patterns);
    }

    /// <summary>The reason in words for the client: the token is its own, but where the signature does not fit nothing of it counts.</summary>
    private string Explain(JsonWebToken token, Exception failure) => failure switch
    {
        SecurityTokenInvalidLifetimeException when IsEarly(token.ValidFrom) => "the token is not valid yet",
        SecurityTokenInvalidLifetimeException or SecurityTokenNoExpirationException when token.ValidTo == DateTime.MinValue => "the token has no expiry (exp)",
        SecurityTokenInvalidLifetimeException => "the token has expired",
        SecurityTokenInvalidIssuerException => "the token is of another issuer",
        SecurityTokenInvalidAudienceException => "the token is for another audience",
        _ => "the token's signature is not one that this node accepts",
    };
}
