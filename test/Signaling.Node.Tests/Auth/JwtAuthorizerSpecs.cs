using System.Security.Cryptography;
using System.Text;
using Signaling.Actors.Auth;
using Signaling.Actors.Tests.Testing;
using Signaling.Node.Auth;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.Auth;

/// <summary>Which tokens let a client have a peer id (RFC 7519, RFC 8725).</summary>
public sealed class JwtAuthorizerSpecs : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly TemporaryFolder _folder = new();
    private readonly JwtOptions _options = new() { Secret = Tokens.Secret };

    public JwtAuthorizerSpecs() => _time.Advance(TimeSpan.FromDays(20_000));

    private long Now => _time.GetUtcNow().ToUnixTimeSeconds();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_peer_that_the_token_names_is_let_in_until_it_expires()
    {
        var verdict = await AskAsync("alice", Tokens.Hs256(Tokens.Claims("alice", Now + 60)));

        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(Now + 60) + _options.ClockSkew, verdict.Grant?.ExpiresAt);
        Assert.Null(verdict.Grant?.Reach);
    }

    [Fact]
    public async Task Who_brings_no_token_is_asked_for_one()
    {
        Assert.Equal("auth-required", (await AskAsync("alice", token: null)).Outcome());
    }

    [Theory]
    [InlineData("alice", "", "allowed")]
    [InlineData("Alice", "", "unauthorized")]
    [InlineData("bob", "", "unauthorized")]
    [InlineData("alice*", "", "unauthorized")]
    [InlineData("alice/phone", ""","peerIds":["alice/*"]""", "allowed")]
    [InlineData("alice/phone", ""","peerIds":"alice/*" """, "allowed")]
    [InlineData("bob/phone", ""","peerIds":["alice/*"]""", "unauthorized")]
    [InlineData("alice", ""","peerIds":["alice/*"]""", "allowed")]
    [InlineData("alice", ""","peerIds":[7]""", "unauthorized")]
    [InlineData("alice", ""","peerIds":{}""", "unauthorized")]
    [InlineData("alice", ""","peerIds":["\u0000"]""", "unauthorized")]
    [InlineData("alice", ""","reach":[7]""", "unauthorized")]
    [InlineData("alice", ""","reach":"\ud800" """, "unauthorized")]
    [InlineData("bob", ""","sub":"\ud800" """, "unauthorized")]
    [InlineData("alice", ""","\ud800":1""", "unauthorized")]
    public async Task A_token_is_for_the_ids_it_names(string peer, string more, string outcome)
    {
        var claims = Tokens.Claims("alice", Now + 60, more);

        Assert.Equal(outcome, (await AskAsync(peer, Tokens.Hs256(claims))).Outcome());
    }

    [Fact]
    public async Task A_reach_is_taken_from_the_token()
    {
        var verdict = await AskAsync("alice", Tokens.Hs256(Tokens.Claims("alice", Now + 60, ""","reach":["acme/*","support"]""")));

        Assert.Equal([true, true, false], new[] { "acme/bob", "support", "other" }.Select(peer => verdict.Grant!.Reach!.Include(Attempts.Peer(peer))));
    }

    [Theory]
    [InlineData(-30, null, "the token has expired")]                // the clocks may be off by 30 s
    [InlineData(-29, null, null)]
    [InlineData(60, 31, "the token is not valid yet")]
    [InlineData(60, 30, null)]
    [InlineData(null, null, "the token has no expiry (exp)")]
    public async Task A_token_is_valid_for_a_time(int? expiry, int? notBefore, string? reason)
    {
        var times = (expiry is { } end ? $",\"exp\":{Now + end}" : "") + (notBefore is { } start ? $",\"nbf\":{Now + start}" : "");

        var verdict = await AskAsync("alice", Tokens.Hs256($$"""{"sub":"alice"{{times}}}"""));

        Assert.Equal(reason, verdict.Problem is null ? null : verdict.Detail);
    }

    [Fact]
    public async Task A_token_of_somebody_else_or_changed_on_its_way_is_worth_nothing()
    {
        var claims = Tokens.Claims("alice", Now + 60);
        var good = Tokens.Hs256(claims);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var others = new[]
        {
            Tokens.Hs256(claims, secret: "another secret of more than thirty-two bytes"),
            Tokens.Sign("""{"alg":"none"}""", claims, _ => []),
            good[..(good.LastIndexOf('.') + 1)],
            string.Join('.', good.Split('.')[0], Tokens.Encode(Encoding.UTF8.GetBytes(Tokens.Claims("alice", Now + 6_000))), good.Split('.')[2]),
            Tokens.Sign("""{"alg":"HS512"}""", claims, text => HMACSHA512.HashData(Encoding.UTF8.GetBytes(Tokens.Secret), text)),
            Tokens.Es256(claims, key),
            Tokens.Hs256(claims, header: """{"alg":"HS256","crit":["b64"],"b64":false}"""),
            "", ".", "..", "a.b.c", "alice", good + ".x", new string('.', 100), $"{good.Split('.')[0]}.e30.", "\ufeff.\0.ü",
        };

        foreach (var token in others) Assert.Equal(("unauthorized", token), ((await AskAsync("alice", token)).Outcome(), token));
        Assert.Equal("allowed", (await AskAsync("alice", good)).Outcome());
    }

    [Fact]
    public async Task A_public_key_is_no_shared_secret()
    {
        using var key = RSA.Create(2_048);
        var pem = key.ExportSubjectPublicKeyInfoPem();
        var options = new JwtOptions { KeysFile = _folder.Write("key.pem", pem) };
        var claims = Tokens.Claims("alice", Now + 60);

        foreach (var secret in new[] { pem, pem.Trim(), Convert.ToBase64String(key.ExportSubjectPublicKeyInfo()) })
            Assert.Equal("unauthorized", (await AskAsync("alice", Tokens.Hs256(claims, secret), options, ConfiguredKeys.OfFile(options.KeysFile))).Outcome());
        Assert.Equal("allowed", (await AskAsync("alice", Tokens.Rs256(claims, key), options, ConfiguredKeys.OfFile(options.KeysFile))).Outcome());
    }

    [Fact]
    public async Task Keys_come_from_pem_files_with_several_of_them_or_from_a_key_set()
    {
        using var rsa = RSA.Create(2_048);
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var claims = Tokens.Claims("alice", Now + 60);
        var pem = ConfiguredKeys.OfFile(_folder.Write("keys.pem", rsa.ExportSubjectPublicKeyInfoPem() + "\n" + ec.ExportSubjectPublicKeyInfoPem() + "\n"));
        var set = ConfiguredKeys.OfFile(_folder.Write("keys.json", Tokens.KeySet(ec, "k1")));

        foreach (var (keys, token, outcome) in new[]
                 {
                     (pem, Tokens.Rs256(claims, rsa), "allowed"), (pem, Tokens.Es256(claims, ec), "allowed"), (pem, Tokens.Es256(claims, other), "unauthorized"),
                     (set, Tokens.Es256(claims, ec, "k1"), "allowed"), (set, Tokens.Es256(claims, ec), "allowed"), (set, Tokens.Es256(claims, other, "k1"), "unauthorized"), (set, Tokens.Rs256(claims, rsa), "unauthorized"),
                 })
        {
            Assert.Equal(outcome, (await AskAsync("alice", token, new JwtOptions(), keys)).Outcome());
        }
    }

    [Theory]
    [InlineData("no key at all")]
    [InlineData("""{"keys":[]}""")]
    [InlineData("""{"keys":[{"kty":"oct","k":"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}]}""")]
    [InlineData("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----")]
    [InlineData("{")]
    public void A_file_without_a_key_is_refused(string text)
    {
        var failure = Assert.Throws<InvalidDataException>(() => ConfiguredKeys.OfFile(_folder.Write("keys", text)));

        Assert.Contains("Signaling:Auth:Jwt:KeysFile", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Issuer_and_audience_are_asked_for_where_they_are_configured()
    {
        (_options.Issuer, _options.Audience) = ("https://issuer.example.org", "signaling");

        foreach (var (more, reason) in new[]
                 {
                     (""","iss":"https://issuer.example.org","aud":"signaling" """, null),
                     (""","iss":"https://issuer.example.org","aud":["other","signaling"]""", null),
                     (""","iss":"https://evil.example.org","aud":"signaling" """, "the token is of another issuer"),
                     (""","aud":"signaling" """, "the token is of another issuer"),
                     (""","iss":"https://issuer.example.org","aud":"other" """, "the token is for another audience"),
                     (""","iss":"https://issuer.example.org" """, "the token is for another audience"),
                 })
        {
            var verdict = await AskAsync("alice", Tokens.Hs256(Tokens.Claims("alice", Now + 60, more)));
            Assert.Equal(reason, verdict.Problem is null ? null : verdict.Detail);
        }
    }

    [Fact]
    public async Task The_claims_may_have_other_names()
    {
        (_options.PeerIdClaim, _options.PeerIdsClaim, _options.ReachClaim) = ("device", "devices", "tenant");
        var token = Tokens.Hs256($$"""{"sub":"alice","device":"phone","devices":"tab/*","tenant":"acme/*","exp":{{Now + 60}}}""");

        Assert.Equal(["unauthorized", "allowed", "allowed"], new[] { await AskAsync("alice", token), await AskAsync("phone", token), await AskAsync("tab/1", token) }.Select(verdict => verdict.Outcome()));
        Assert.False((await AskAsync("phone", token)).Grant!.Reach!.Include(Attempts.Peer("other")));
    }

    [Fact]
    public async Task A_token_of_the_end_of_time_is_no_trouble()
    {
        Assert.Equal("allowed", (await AskAsync("alice", Tokens.Hs256(Tokens.Claims("alice", 253_402_300_799)))).Outcome());
        Assert.NotNull((await AskAsync("alice", Tokens.Hs256(Tokens.Claims("alice", long.MaxValue)))).Outcome());
    }

    private async Task<Verdict> AskAsync(string peer, string? token, JwtOptions? options = null, IJwtKeys? keys = null) =>
        await new JwtAuthorizer(options ?? _options, keys ?? ConfiguredKeys.OfSecret(_options.Secret), _time).AuthorizeAsync(Attempts.With(peer, token));
}
