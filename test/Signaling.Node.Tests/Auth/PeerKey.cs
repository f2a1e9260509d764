using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using NSec.Cryptography;
using Signaling.Actors.Protocol;

namespace Signaling.Node.Tests.Auth;

/// <summary>A peer's key pair, as a client has it.</summary>
internal sealed class PeerKey : IDisposable
{
    public const string Audience = "signal.example.org";

    private readonly Key? _ed25519;
    private readonly ECDsa? _p256;

    private PeerKey(Key? ed25519, ECDsa? p256)
    {
        (_ed25519, _p256) = (ed25519, p256);
        Public = ed25519?.PublicKey.Export(KeyBlobFormat.RawPublicKey) ?? PointOf(p256!);
    }

    public string Algorithm => _ed25519 is null ? "ES256" : "Ed25519";

    public byte[] Public { get; }

    /// <summary>Made from it.</summary>
    public string Id => "key:" + Tokens.Encode(SHA256.HashData(Public));

    public static PeerKey Ed25519() => new(Key.Create(SignatureAlgorithm.Ed25519), null);

    public static PeerKey P256() => new(null, ECDsa.Create(ECCurve.NamedCurves.nistP256));

    public byte[] Sign(string text, DSASignatureFormat format = DSASignatureFormat.IeeeP1363FixedFieldConcatenation)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return _ed25519 is null ? _p256!.SignData(bytes, HashAlgorithmName.SHA256, format) : SignatureAlgorithm.Ed25519.Sign(_ed25519, bytes);
    }

    public KeyProof Proof(string peer, string nonce, string audience = Audience) =>
        new(Algorithm, Public, audience, nonce, Sign($"signaling-node register\n{audience}\n{nonce}\n{peer}"));

    /// <summary>The message of a client that registers with it.</summary>
    public string Register(string peer, string nonce, string audience = Audience)
    {
        var signature = Proof(peer, nonce, audience).Signature.ToArray();
        var proof = new { algorithm = Algorithm, key = Tokens.Encode(Public), audience, nonce, signature = Tokens.Encode(signature) };
        return JsonSerializer.Serialize(new { type = "register", peerId = peer, proof });
    }

    public void Dispose()
    {
        _ed25519?.Dispose();
        _p256?.Dispose();
    }

    private static byte[] PointOf(ECDsa key)
    {
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        return [4, .. point.X!, .. point.Y!];
    }
}
