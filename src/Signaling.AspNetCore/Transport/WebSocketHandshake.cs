using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Signaling.AspNetCore.Transport;

/// <summary>The server's side of the opening handshake: the HTTP/1.1 upgrade (RFC 6455 §4.2) and HTTP/2's extended CONNECT (RFC 8441).</summary>
internal static class WebSocketHandshake
{
    private const string Guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private const int KeyBytes = 16;

    /// <summary>Whether the request wants to become a WebSocket, rightly or wrongly.</summary>
    public static bool IsRequested(HttpContext context) =>
        IsExtendedConnect(context)
        || (HttpMethods.IsGet(context.Request.Method) && HasToken(context.Request.Headers.Upgrade, "websocket") && HasToken(context.Request.Headers.Connection, "upgrade"));

    /// <summary>Checks the request and answers it.</summary>
    /// <returns>The open connection, or null where the request was refused.</returns>
    public static async Task<Stream?> AcceptAsync(HttpContext context)
    {
        var headers = context.Request.Headers;
        if (headers.SecWebSocketVersion != "13")
        {
            context.Response.Headers.SecWebSocketVersion = "13";    // §4.2.2
            await RefuseAsync(context, StatusCodes.Status426UpgradeRequired, "Sec-WebSocket-Version must be 13 (RFC 6455).");
            return null;
        }

        SelectProtocol(context);
        if (IsExtendedConnect(context)) return await context.Features.GetRequiredFeature<IHttpExtendedConnectFeature>().AcceptAsync();

        var upgrade = context.Features.Get<IHttpUpgradeFeature>();
        if (upgrade is not { IsUpgradableRequest: true } || !TryAnswerKey(headers.SecWebSocketKey, out var accept))
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "Sec-WebSocket-Key must be 16 bytes in base64 (RFC 6455 §4.1), on an HTTP/1.1 upgrade.");
            return null;
        }
        context.Response.Headers.Upgrade = "websocket";
        context.Response.Headers.SecWebSocketAccept = accept;
        return await upgrade.UpgradeAsync();
    }

    private static bool IsExtendedConnect(HttpContext context) => context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true, Protocol: "websocket" };

    private static bool TryAnswerKey(string? key, out string accept)
    {
        accept = "";
        if (key is null || !Base64.IsValid(key, out var length) || length != KeyBytes) return false;
#pragma warning disable CA5350 // RFC 6455 §4.2.2 asks for SHA-1; it protects nothing here.
        accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + Guid)));
#pragma warning restore CA5350
        return true;
    }

    /// <summary>Browsers fail a connection whose subprotocols are all declined, and the original server takes the first one.</summary>
    private static void SelectProtocol(HttpContext context)
    {
        var first = context.Request.Headers.GetCommaSeparatedValues(HeaderNames.SecWebSocketProtocol).FirstOrDefault();
        if (first is { Length: > 0 and <= 128 } && first.All(IsTokenChar)) context.Response.Headers.SecWebSocketProtocol = first;
    }

    /// <summary>RFC 9110 §5.6.2.</summary>
    private static bool IsTokenChar(char c) => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c);

    private static bool HasToken(Microsoft.Extensions.Primitives.StringValues header, string token) =>
        header.Any(line => line is not null && line.Split(',').Any(part => part.AsSpan().Trim().Equals(token, StringComparison.OrdinalIgnoreCase)));

    private static Task RefuseAsync(HttpContext context, int status, string sentence)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(sentence + "\n");
    }
}
