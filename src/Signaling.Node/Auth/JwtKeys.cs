using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.Tokens;

namespace Signaling.Node.Auth;

/// <summary>What tokens are verified with.</summary>
internal interface IJwtKeys
{
    /// <summary>What they may be signed with.</summary>
    IReadOnlyList<string> Algorithms { get; }

    /// <param name="kid">The key that the token names; null where it names none.</param>
    /// <returns>The keys it may be signed with; null where they cannot be had now.</returns>
    ValueTask<IReadOnlyList<SecurityKey>?> FindAsync(string? kid);
}

/// <summary>Keys that the configuration names.</summary>
internal sealed class ConfiguredKeys : IJwtKeys
{
    private readonly IReadOnlyList<SecurityKey> _keys;

    private ConfiguredKeys(IReadOnlyList<SecurityKey> keys, IReadOnlyList<string> algorithms) => (_keys, Algorithms) = (keys, algorithms);

    /// <summary>Of public keys.</summary>
    public static IReadOnlyList<string> PublicKeyAlgorithms { get; } = [SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.EcdsaSha256];

    /// <inheritdoc/>
    public IReadOnlyList<string> Algorithms { get; }

    /// <summary>A shared secret.</summary>
    public static ConfiguredKeys OfSecret(string secret) => new([new SymmetricSecurityKey(Encoding.UTF8.GetBytes(secret))], [SecurityAlgorithms.HmacSha256]);

    /// <summary>PEM, or a JSON Web Key Set (RFC 7517 §5).</summary>
    /// <exception cref="InvalidDataException">The file has no public key of RSA or of the curve P-256, or one that cannot be read.</exception>
    public static ConfiguredKeys OfFile(string file)
    {
        var text = File.ReadAllText(file);
        try
        {
            IReadOnlyList<SecurityKey> keys = text.TrimStart().StartsWith('{') ? KeySet.Read(text) : [.. ReadPem(text)];
            if (keys.Count > 0) return new ConfiguredKeys(keys, PublicKeyAlgorithms);
        }
        catch (Exception failure) when (failure is ArgumentException or CryptographicException)
        {
            throw new InvalidDataException($"'{file}' holds a key that cannot be read (Signaling:Auth:Jwt:KeysFile)", failure);
        }
        throw new InvalidDataException($"'{file}' holds no public key, neither PEM nor a JSON Web Key Set (Signaling:Auth:Jwt:KeysFile)");
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<SecurityKey>?> FindAsync(string? kid) => new(_keys);

    private static IEnumerable<SecurityKey> ReadPem(string text)
    {
        for (var rest = text; PemEncoding.TryFind(rest, out var fields); rest = rest[fields.Location.End..])
        {
            if (rest[fields.Label] is not ("PUBLIC KEY" or "RSA PUBLIC KEY")) continue;
            var pem = rest[fields.Location];
            yield return TryReadEc(pem) is { } ec ? new ECDsaSecurityKey(ec) : new RsaSecurityKey(ReadRsa(pem));
        }
    }

    private static RSA ReadRsa(string pem)
    {
        var key = RSA.Create();
        key.ImportFromPem(pem);
        return key;
    }

    private static ECDsa? TryReadEc(string pem)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
            return key;
        }
        catch (Exception other) when (other is CryptographicException or ArgumentException)
        {
            key.Dispose();
            return null;
        }
    }
}

/// <summary>A JSON Web Key Set.</summary>
internal static class KeySet
{
    /// <returns>Its keys that sign; shared secrets are none that somebody publishes.</returns>
    /// <exception cref="ArgumentException">It is none.</exception>
    public static IReadOnlyList<SecurityKey> Read(string json) => [.. new JsonWebKeySet(json).GetSigningKeys().Where(key => key is not SymmetricSecurityKey)];
}
