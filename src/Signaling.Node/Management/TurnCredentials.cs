using Signaling.Actors.Auth;
using Signaling.Actors.Protocol;
using Signaling.Actors.Turn;
using Signaling.AspNetCore;

namespace Signaling.Node.Management;

/// <summary>ICE servers over HTTP, for clients that ask before they connect.</summary>
internal static class TurnCredentials
{
    /// <summary>Serves <c>GET /turn-credentials?uid=…</c> and its alias <c>/ice</c>, where servers are configured.</summary>
    public static void MapTurnCredentials(this IEndpointRouteBuilder endpoints)
    {
        if (!endpoints.ServiceProvider.GetRequiredService<IceServers>().Any) return;
        foreach (var path in new[] { "/turn-credentials", "/ice" }) endpoints.MapGet(path, AnswerAsync);
    }

    private static async Task<IResult> AnswerAsync(string? uid, HttpContext context, IceServers iceServers, IServiceProvider services)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (!PeerId.TryParse(uid, out var peer)) return Results.BadRequest(new { error = "uid is required: the peer id the credentials are for" });
        if (services.GetService<IPeerAuthorizer>() is { } authorizer && (await AuthorizeAsync(authorizer, peer, context.Request)).Problem is { } problem) return Refuse(problem, context.Response);
        var (servers, expiry, ttl) = iceServers.For(peer);
        return Results.Ok(new TurnAnswer(servers, expiry, ttl));
    }

    /// <summary>A relay is given away: only to who may register the id, and shows it here as there. Who has only a proof to show asks on its connection, where its nonce is.</summary>
    private static ValueTask<Verdict> AuthorizeAsync(IPeerAuthorizer authorizer, PeerId peer, HttpRequest request) =>
        authorizer.AuthorizeAsync(new RegistrationAttempt(peer, BearerCredentials.Of(request.Headers), Proof: null, Nonce: null, ClientOrigin.Unknown));

    private static IResult Refuse(ErrorCode problem, HttpResponse response)
    {
        if (problem == ErrorCode.AuthUnavailable) return Answer(StatusCodes.Status503ServiceUnavailable, "it cannot be found out now whether you may; try again later");
        if (problem != ErrorCode.AuthRequired) return Answer(StatusCodes.Status403Forbidden, "your token is not for this uid, or not valid");
        response.Headers.WWWAuthenticate = "Bearer";
        return Answer(StatusCodes.Status401Unauthorized, "show that the uid is yours: Authorization: Bearer and your token, or ask with get-ice-servers on your connection");

        static IResult Answer(int status, string error) => Results.Json(new { error }, statusCode: status);
    }

    /// <param name="IceServers">As <c>RTCPeerConnection</c> takes them.</param>
    /// <param name="Expiry">Unix seconds.</param>
    /// <param name="Ttl">Seconds.</param>
    private sealed record TurnAnswer(IReadOnlyList<IceServer> IceServers, long Expiry, long Ttl);
}
