using System.Buffers.Text;
using System.Security.Cryptography;

namespace Signaling.Client;

/// <summary>The key pair of a peer whose id the node binds to it. The private key stays where it is: only signatures are asked for.</summary>
/// <param name="Algorithm"><c>ES256</c> or <c>Ed25519</c>.</param>
/// <param name="PublicKey">ES256: the 65 bytes of the uncompressed point; Ed25519: 32 bytes.</param>
/// <param name="Sign">Signs these bytes. ES256: ECDSA with SHA-256, 64 bytes or DER.</param>
public sealed record PeerKey(string Algorithm, ReadOnlyMemory<byte> PublicKey, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask<byte[]>> Sign)
{
    private const byte UncompressedPoint = 4;                       // SEC 1 §2.3.3

    /// <summary>The peer id that belongs to this key and to no other.</summary>
    public string PeerId => "key:" + Base64Url.EncodeToString(SHA256.HashData(PublicKey.Span));

    /// <summary>ES256 by a key that .NET holds.</summary>
    /// <param name="key">On P-256; the caller disposes of it after the client.</param>
    /// <exception cref="ArgumentException">The key is on another curve.</exception>
    public static PeerKey FromECDsa(ECDsa key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var parameters = key.ExportParameters(includePrivateParameters: false);
        if (parameters.Curve.Oid.Value != ECCurve.NamedCurves.nistP256.Oid.Value) throw new ArgumentException("The key is not on P-256.", nameof(key));
        return new PeerKey("ES256", (byte[])[UncompressedPoint, .. parameters.Q.X!, .. parameters.Q.Y!], (text, _) => ValueTask.FromResult(key.SignData(text.Span, HashAlgorithmName.SHA256)));
    }
}
