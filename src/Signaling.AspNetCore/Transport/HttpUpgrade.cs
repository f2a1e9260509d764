using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Signaling.AspNetCore.Transport;

/// <summary>The opening handshake behind the server's HTTP: HTTP/1.1's upgrade (RFC 6455 §4.2) and HTTP/2's extended CONNECT (RFC 8441). Refuses what is wrong.</summary>
internal static class HttpUpgrade
{
    /// <summary>Whether the request wants to become a WebSocket, rightly or wrongly.</summary>
    public static bool IsRequested(HttpContext context) =>
        IsExtendedConnect(context) || WebSocketHandshake.IsRequested(context.Request.Method, context.Request.Headers);

    /// <summary>Checks the request and answers it.</summary>
    /// <returns>The open connection, or null where the request was refused.</returns>
    public static async Task<IDuplexPipe?> AcceptAsync(HttpContext context, HandshakeRules rules)
    {
        var (headers, response) = (context.Request.Headers, context.Response);
        if (rules.Refuse(context.Connection.RemoteIpAddress, context.Request.IsHttps, headers) is { } reason)
        {
            await RefuseAsync(context, StatusCodes.Status403Forbidden, reason);
            return null;
        }
        if (!WebSocketHandshake.HasVersion(headers))
        {
            response.Headers.SecWebSocketVersion = WebSocketHandshake.Version;
            await RefuseAsync(context, StatusCodes.Status426UpgradeRequired, "Sec-WebSocket-Version must be 13 (RFC 6455).");
            return null;
        }

        response.Headers.SecWebSocketProtocol = WebSocketHandshake.Protocol(headers);
        if (IsExtendedConnect(context)) return new StreamPipe(await context.Features.GetRequiredFeature<IHttpExtendedConnectFeature>().AcceptAsync());

        var upgrade = context.Features.Get<IHttpUpgradeFeature>();
        if (upgrade is not { IsUpgradableRequest: true } || !WebSocketHandshake.TryAnswerKey(headers, out var accept))
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "Sec-WebSocket-Key must be 16 bytes in base64 (RFC 6455 §4.1), on an HTTP/1.1 upgrade.");
            return null;
        }
        response.Headers.Upgrade = "websocket";
        response.Headers.SecWebSocketAccept = accept;
        return new StreamPipe(await upgrade.UpgradeAsync());
    }

    private static bool IsExtendedConnect(HttpContext context) => context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true, Protocol: "websocket" };

    private static Task RefuseAsync(HttpContext context, int status, string sentence)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(sentence + "\n");
    }
}
