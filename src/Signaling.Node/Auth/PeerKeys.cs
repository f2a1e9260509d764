using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using NSec.Cryptography;
using Signaling.Actors.Protocol;

namespace Signaling.Node.Auth;

/// <summary>Peers' public keys: what they have signed, and the ids that are made from them.</summary>
internal static class PeerKeys
{
    /// <summary>Begins every id that is made from a key, and no other.</summary>
    public const string IdPrefix = "key:";

    private const int PointBytes = 65, CoordinateBytes = 32, FixedSignatureBytes = 64;
    private const byte Uncompressed = 4;                            // SEC 1 §2.3.3

    /// <summary>The id that belongs to a key and to no other: <c>key:</c> and base64url of the key's SHA-256.</summary>
    public static string IdOf(ReadOnlySpan<byte> key) => IdPrefix + Base64Url.EncodeToString(SHA256.HashData(key));

    /// <summary>Whether the holder of the proof's key has signed for this peer.</summary>
    public static bool Verify(KeyProof proof, PeerId peer)
    {
        var text = Encoding.UTF8.GetBytes(KeyProof.SignedText(proof.Audience, proof.Nonce, peer));
        return proof.Algorithm switch
        {
            "Ed25519" => VerifyEd25519(proof, text),
            "ES256" => VerifyEs256(proof, text),
            _ => false,
        };
    }

    private static bool VerifyEd25519(KeyProof proof, byte[] text) =>
        PublicKey.TryImport(SignatureAlgorithm.Ed25519, proof.Key.Span, KeyBlobFormat.RawPublicKey, out var key) && SignatureAlgorithm.Ed25519.Verify(key!, text, proof.Signature.Span);

    private static bool VerifyEs256(KeyProof proof, byte[] text)
    {
        var point = proof.Key.Span;
        if (point.Length != PointBytes || point[0] != Uncompressed) return false;
        var format = proof.Signature.Length == FixedSignatureBytes ? DSASignatureFormat.IeeeP1363FixedFieldConcatenation : DSASignatureFormat.Rfc3279DerSequence;
        try
        {
            using var key = ECDsa.Create(new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP256,
                Q = new ECPoint { X = point[1..(1 + CoordinateBytes)].ToArray(), Y = point[(1 + CoordinateBytes)..].ToArray() },
            });
            return key.VerifyData(text, proof.Signature.Span, HashAlgorithmName.SHA256, format);
        }
        catch (CryptographicException)                              // no point of the curve
        {
            return false;
        }
    }
}
