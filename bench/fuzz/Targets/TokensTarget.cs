using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.IdentityModel.Tokens;
using NSec.Cryptography;
using Signaling.Actors.Auth;
using Signaling.Actors.Protocol;
using Signaling.Fuzz.Engine;
using Signaling.Node.Auth;
using static Signaling.Fuzz.Engine.FuzzFailureException;

namespace Signaling.Fuzz.Targets;

/// <summary>Everything that decides who may register: tokens, proofs, patterns, published keys, a webhook's answers. The rule: nobody is let in whose signature was not made with the right key.</summary>
internal sealed class TokensTarget : IFuzzTarget
{
    private const string Secret = "a secret that only this fuzzer and its seeds know, of 64 bytes!!";
    private const string Nonce = "n", Audience = "fuzz";

    private static readonly PeerId Alice = PeerId.TryParse("alice", out var alice) ? alice : throw new InvalidOperationException();
    private static readonly FixedTime Time = new();

    private readonly JwtAuthorizer _tokens = new(new JwtOptions(), ConfiguredKeys.OfSecret(Secret), Time);
    private readonly KeyAuthorizer _proofs = new(new KeyOptions { Audiences = [Audience] }, new NoPins(), NullLogger.Instance);
    private readonly Answering _endpoint = new();
    private readonly WebhookAuthorizer _webhook;
    private readonly Key _key = Key.Import(SignatureAlgorithm.Ed25519, new byte[32], KeyBlobFormat.RawPrivateKey);
    private readonly byte[] _publicKey;
    private long _questions;

    public TokensTarget()
    {
        _webhook = new WebhookAuthorizer(new HttpClient(_endpoint), new WebhookOptions { Url = "http://localhost/", CacheTimeToLive = TimeSpan.Zero }, Time, NullLogger.Instance);
        _publicKey = _key.PublicKey.Export(KeyBlobFormat.RawPublicKey);
        Tokens = [.. Engine.Tokens.Auth, Encoding.UTF8.GetBytes(GoodToken()), Encoding.UTF8.GetBytes(GoodProof())];
    }

    public string Name => "tokens";

    public IReadOnlyList<byte[]> Tokens { get; }

    public void Dispose()
    {
        _webhook.Dispose();
        _endpoint.Dispose();
        _key.Dispose();
    }

    public void Run(ReadOnlySpan<byte> input, Outcomes outcomes)
    {
        var text = Encoding.UTF8.GetString(input);
        TryToken(text, outcomes);
        TryProof(input, outcomes);
        TryPatterns(text, outcomes);
        TryKeySet(text, outcomes);
        if (input.Length % 4 == 0) TryWebhook(input, outcomes);     // which goes over another thread, and takes as long as all the others
    }

    private void TryToken(string token, Outcomes outcomes)
    {
        var verdict = Decide(_tokens, new RegistrationAttempt(Alice, token, Proof: null, Nonce: null, ClientOrigin.Unknown));
        outcomes.Add($"token: {verdict.Problem?.Code ?? "allowed"} {verdict.Detail}");
        if (verdict.Grant is null) return;
        var parts = token.Split('.');
        Unless(parts.Length == 3 && Base64UrlEncoder.DecodeBytes(parts[2]).AsSpan().SequenceEqual(Mac($"{parts[0]}.{parts[1]}")), "A token is accepted that was not signed with the secret.");
    }

    private void TryProof(ReadOnlySpan<byte> input, Outcomes outcomes)
    {
        if (Envelope.TryRead(input, out var envelope) is not null || envelope.Type != MessageType.Register || ClientRequest.TryReadRegister(envelope, out var register) is not null) return;
        if (ClientRequest.TryReadCredentials(envelope, ref register) is { } problem)
        {
            outcomes.Add($"register: {problem.Code}");
            return;
        }
        var verdict = Decide(_proofs, new RegistrationAttempt(register.Peer, register.Token, register.Proof, Nonce, ClientOrigin.Unknown));
        outcomes.Add($"proof: {verdict.Problem?.Code ?? "allowed"} {verdict.Detail}");
        if (verdict.Grant is null) return;
        var signed = KeyProof.SignedText(Audience, Nonce, register.Peer);
        Unless(register.Proof!.Key.Span.SequenceEqual(_publicKey), "A proof is accepted of a key that this fuzzer does not have.");
        Unless(register.Proof.Signature.Span.SequenceEqual(SignatureAlgorithm.Ed25519.Sign(_key, Encoding.UTF8.GetBytes(signed))), "A proof is accepted that was not signed.");
    }

    private static void TryPatterns(string text, Outcomes outcomes)
    {
        var texts = text.Split('\n');
        if (!PeerPatterns.TryParse(texts, out var patterns))
        {
            outcomes.Add("patterns: none");
            return;
        }
        outcomes.Add("patterns: ok");
        foreach (var peer in texts.Prepend("alice").Take(8))
        {
            if (!PeerId.TryParse(peer, out var id)) continue;
            var isOne = texts.Any(pattern => pattern.EndsWith('*') ? peer.StartsWith(pattern[..^1], StringComparison.Ordinal) : peer == pattern);
            Unless(patterns.Include(id) == isOne, "A set of patterns includes something else than its patterns do.");
        }
    }

    private static void TryKeySet(string text, Outcomes outcomes)
    {
        try
        {
            outcomes.Add($"keys: {Math.Min(KeySet.Read(text).Count, 3)}");
        }
        catch (ArgumentException)
        {
            outcomes.Add("keys: unreadable");
        }
    }

    private void TryWebhook(ReadOnlySpan<byte> answer, Outcomes outcomes)
    {
        _endpoint.Body = answer.ToArray();
        var verdict = Decide(_webhook, new RegistrationAttempt(Alice, $"{++_questions}", Proof: null, Nonce: null, ClientOrigin.Unknown)); // another each time: answers say that they may be remembered
        outcomes.Add($"webhook: {verdict.Problem?.Code ?? "allowed"}");
        if (verdict.Grant is null) return;
        using var json = JsonDocument.Parse(_endpoint.Body);
        Unless(json.RootElement.GetProperty("allow").GetBoolean(), "Somebody is let in without a yes.");
    }

    private static Verdict Decide(IPeerAuthorizer authorizer, RegistrationAttempt attempt) => authorizer.AuthorizeAsync(attempt).AsTask().GetAwaiter().GetResult();

    private static byte[] Mac(string text) => HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes(text));

    private static string GoodToken()
    {
        var text = $"{Base64UrlEncoder.Encode("""{"alg":"HS256"}""")}.{Base64UrlEncoder.Encode("""{"sub":"alice","exp":2000000000,"peerIds":["a*"],"reach":"a*"}""")}";
        return $"{text}.{Base64UrlEncoder.Encode(Mac(text))}";
    }

    private string GoodProof()
    {
        var signature = SignatureAlgorithm.Ed25519.Sign(_key, Encoding.UTF8.GetBytes(KeyProof.SignedText(Audience, Nonce, Alice)));
        var proof = new { algorithm = "Ed25519", key = Base64UrlEncoder.Encode(_publicKey), audience = Audience, nonce = Nonce, signature = Base64UrlEncoder.Encode(signature) };
        return JsonSerializer.Serialize(new { type = "register", peerId = "alice", proof });
    }

    private sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeSeconds(1_900_000_000);
    }

    private sealed class NoPins : IPins
    {
        public Task<byte[]?> PinAsync(PeerId peer, ReadOnlyMemory<byte> key) => Task.FromResult<byte[]?>(key.ToArray());
    }

    /// <summary>The webhook's endpoint, in memory.</summary>
    private sealed class Answering : HttpMessageHandler
    {
        public byte[] Body { get; set; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(Body) });
    }
}
