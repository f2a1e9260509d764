using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Signaling.Actors.Protocol;
using Signaling.Node.Configuration;

namespace Signaling.Node.Management;

/// <summary>Time-limited TURN credentials (TURN REST API, draft-uberti-behave-turn-rest-00 §2.2).</summary>
internal static class TurnCredentials
{
    /// <summary>Serves <c>GET /turn-credentials?uid=…</c> and its alias <c>/ice</c>, where TURN is configured.</summary>
    public static void MapTurnCredentials(this IEndpointRouteBuilder endpoints, TurnOptions options)
    {
        if (options.Urls.Count == 0) return;
        foreach (var path in new[] { "/turn-credentials", "/ice" })
        {
            endpoints.MapGet(path, (string? uid, HttpContext context, TimeProvider time) =>
            {
                context.Response.Headers.CacheControl = "no-store";
                return PeerId.TryParse(uid, out var peer)
                    ? Results.Ok(Create(options, peer, time.GetUtcNow()))
                    : Results.BadRequest(new { error = "uid is required: the peer id the credentials are for" });
            });
        }
    }

    internal static TurnAnswer Create(TurnOptions options, PeerId peer, DateTimeOffset now)
    {
        var expiry = (now + options.TimeToLive).ToUnixTimeSeconds();
        var username = string.Create(CultureInfo.InvariantCulture, $"{expiry}:{peer.Value}");
#pragma warning disable CA5350 // The TURN REST API prescribes HMAC-SHA1.
        var credential = Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(options.Secret), Encoding.UTF8.GetBytes(username)));
#pragma warning restore CA5350
        return new TurnAnswer([new IceServer(options.Urls, username, credential)], expiry, (long)options.TimeToLive.TotalSeconds);
    }

    /// <param name="IceServers">As <c>RTCPeerConnection</c> takes them.</param>
    /// <param name="Expiry">Unix seconds.</param>
    /// <param name="Ttl">Seconds.</param>
    internal sealed record TurnAnswer(IReadOnlyList<IceServer> IceServers, long Expiry, long Ttl);

    internal sealed record IceServer(IEnumerable<string> Urls, string Username, string Credential);
}
