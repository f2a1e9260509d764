using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Signaling.Node.Tests.Auth;

/// <summary>Makes tokens by hand (RFC 7515 §3.1), right ones and wrong ones: the library that reads them has no part in it.</summary>
internal static class Tokens
{
    public const string Secret = "a secret of more than sixty-four bytes, so that HS512 could be made with it, too";

    public static string Hs256(string claims, string secret = Secret, string header = """{"alg":"HS256","typ":"JWT"}""") => Sign(header, claims, text => HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), text));

    public static string Es256(string claims, ECDsa key, string? kid = null) => Sign(Header("ES256", kid), claims, text => key.SignData(text, HashAlgorithmName.SHA256));

    public static string Rs256(string claims, RSA key, string? kid = null) => Sign(Header("RS256", kid), claims, text => key.SignData(text, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

    public static string Sign(string header, string claims, Func<byte[], byte[]> sign)
    {
        var text = $"{Encode(Encoding.UTF8.GetBytes(header))}.{Encode(Encoding.UTF8.GetBytes(claims))}";
        return $"{text}.{Encode(sign(Encoding.ASCII.GetBytes(text)))}";
    }

    public static string Claims(string peer, long expiry, string more = "") => $$"""{"sub":"{{peer}}","exp":{{expiry}}{{more}}}""";

    /// <summary>A JSON Web Key Set with one key (RFC 7518 §6.2).</summary>
    public static string KeySet(ECDsa key, string kid)
    {
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        return $$"""{"keys":[{"kty":"EC","crv":"P-256","use":"sig","kid":"{{kid}}","x":"{{Encode(point.X!)}}","y":"{{Encode(point.Y!)}}"}]}""";
    }

    public static string Encode(byte[] bytes) => Base64Url.EncodeToString(bytes);

    private static string Header(string algorithm, string? kid) => kid is null ? $$"""{"alg":"{{algorithm}}"}""" : $$"""{"alg":"{{algorithm}}","kid":"{{kid}}"}""";
}
