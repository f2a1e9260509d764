using System.Security.Cryptography;
using System.Text;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Privacy;

/// <summary>What peers are called in the log: the one way for their ids to get there. Safe for parallel use.</summary>
public sealed class LogNames(IdsInLog style)
{
    /// <summary>40 bits: of a million peers hardly any two have the same name.</summary>
    private const int HashChars = 10;

    /// <summary>Nobody has it and it is gone with the process: else whoever guesses ids, such as phone numbers, could find the one behind a hash.</summary>
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(HMACSHA256.HashSizeInBytes);

    /// <summary>The id, fit for a log line; or in its place <c>#</c> and ten hexadecimal digits.</summary>
    public string Of(PeerId peer) => style == IdsInLog.Hashed
        ? string.Concat("#", Convert.ToHexStringLower(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(peer.Value))).AsSpan(0, HashChars))
        : LogText.Escape(peer.Value);
}
