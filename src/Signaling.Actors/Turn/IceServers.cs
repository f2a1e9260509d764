using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Turn;

/// <summary>Hands out the configured STUN and TURN servers, the latter with credentials that end (TURN REST API, draft-uberti-behave-turn-rest-00 §2.2). Safe for parallel use.</summary>
/// <param name="options">Which servers.</param>
/// <param name="time">The clock; a TURN server compares it with its own.</param>
public sealed class IceServers(TurnOptions options, TimeProvider time)
{
    private readonly string[] _turnUrls = [.. options.Urls.Where(TurnOptions.NeedsCredential)];
    private readonly string[] _stunUrls = [.. options.Urls.Where(url => !TurnOptions.NeedsCredential(url))];

    /// <summary>Whether there are any.</summary>
    public bool Any => options.Urls.Count > 0;

    /// <summary>What <paramref name="peer"/> may use from now on; each call makes a new credential.</summary>
    public IceServerList For(PeerId peer)
    {
        var expiry = (time.GetUtcNow() + options.TimeToLive).ToUnixTimeSeconds();
        var servers = new List<IceServer>();
        if (_stunUrls.Length > 0) servers.Add(new IceServer(_stunUrls));
        if (_turnUrls.Length > 0)
        {
            var username = string.Create(CultureInfo.InvariantCulture, $"{expiry}:{peer.Value}");
            servers.Add(new IceServer(_turnUrls, username, Sign(username)));
        }
        return new IceServerList(servers, expiry, (long)options.TimeToLive.TotalSeconds);
    }

#pragma warning disable CA5350 // The TURN REST API prescribes HMAC-SHA1.
    private string Sign(string username) => Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(options.Secret), Encoding.UTF8.GetBytes(username)));
#pragma warning restore CA5350
}
