using System.Buffers.Text;
using System.Security.Cryptography;

namespace Signaling.Actors.Connections;

/// <summary>What the client's next proof must sign. It is random, belongs to this connection and is good for one attempt: a proof that was seen once is worth nothing.</summary>
internal sealed class Challenge(TimeProvider time)
{
    public static readonly TimeSpan TimeToLive = TimeSpan.FromMinutes(1);

    private const int NonceBytes = 32;

    private string? _nonce;
    private long _issuedAt;

    /// <returns>A new nonce; one before it is worth nothing any more.</returns>
    public string Issue()
    {
        (_nonce, _issuedAt) = (Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(NonceBytes)), time.GetTimestamp());
        return _nonce;
    }

    /// <summary>Takes the nonce for an attempt.</summary>
    /// <returns>Null where there is none, or it is too old.</returns>
    public string? Take()
    {
        var nonce = _nonce;
        _nonce = null;
        return nonce is not null && time.GetElapsedTime(_issuedAt) < TimeToLive ? nonce : null;
    }
}
