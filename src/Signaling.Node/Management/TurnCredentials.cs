using Signaling.Actors.Protocol;
using Signaling.Actors.Turn;

namespace Signaling.Node.Management;

/// <summary>ICE servers over HTTP, for clients that ask before they connect.</summary>
internal static class TurnCredentials
{
    /// <summary>Serves <c>GET /turn-credentials?uid=…</c> and its alias <c>/ice</c>, where servers are configured.</summary>
    public static void MapTurnCredentials(this IEndpointRouteBuilder endpoints)
    {
        if (!endpoints.ServiceProvider.GetRequiredService<IceServers>().Any) return;
        foreach (var path in new[] { "/turn-credentials", "/ice" }) endpoints.MapGet(path, Answer);
    }

    private static IResult Answer(string? uid, HttpContext context, IceServers iceServers)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (!PeerId.TryParse(uid, out var peer)) return Results.BadRequest(new { error = "uid is required: the peer id the credentials are for" });
        var (servers, expiry, ttl) = iceServers.For(peer);
        return Results.Ok(new TurnAnswer(servers, expiry, ttl));
    }

    /// <param name="IceServers">As <c>RTCPeerConnection</c> takes them.</param>
    /// <param name="Expiry">Unix seconds.</param>
    /// <param name="Ttl">Seconds.</param>
    private sealed record TurnAnswer(IReadOnlyList<IceServer> IceServers, long Expiry, long Ttl);
}
