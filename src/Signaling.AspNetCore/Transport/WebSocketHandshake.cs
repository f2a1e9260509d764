using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Signaling.AspNetCore.Transport;

/// <summary>The rules of the opening handshake on the server's side (RFC 6455 §4.2), for every way by which a request comes.</summary>
internal static class WebSocketHandshake
{
    public const string Version = "13";
    private const string Guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private const string TokenProtocol = "bearer.";
    private const int KeyBytes = 16;
    private static readonly SearchValues<char> TokenChars = SearchValues.Create("!#$%&'*+-.^_`|~ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");

    /// <summary>Whether an HTTP/1.1 request wants to become a WebSocket, rightly or wrongly.</summary>
    public static bool IsRequested(string method, IHeaderDictionary headers) =>
        HttpMethods.IsGet(method) && HasToken(headers.Upgrade, "websocket") && HasToken(headers.Connection, "upgrade");

    /// <summary>§4.2.2: only this one is spoken.</summary>
    public static bool HasVersion(IHeaderDictionary headers) => headers.SecWebSocketVersion == Version;

    /// <summary>What answers the client's key.</summary>
    /// <returns>False where the key is none.</returns>
    public static bool TryAnswerKey(IHeaderDictionary headers, out string accept)
    {
        accept = "";
        var key = headers.SecWebSocketKey.ToString();
        if (!Base64.IsValid(key, out var length) || length != KeyBytes) return false;
#pragma warning disable CA5350 // RFC 6455 §4.2.2 asks for SHA-1; it protects nothing here.
        accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + Guid)));
#pragma warning restore CA5350
        return true;
    }

    /// <summary>The subprotocol to answer with. Browsers fail a connection whose subprotocols are all declined, and the original server takes the first one. One that carries a token is never repeated.</summary>
    /// <returns>Null where none was asked for.</returns>
    public static string? Protocol(IHeaderDictionary headers)
    {
        var first = headers.GetCommaSeparatedValues(HeaderNames.SecWebSocketProtocol).FirstOrDefault(protocol => !protocol.StartsWith(TokenProtocol, StringComparison.Ordinal));
        return first is { Length: > 0 and <= 128 } && IsToken(first) ? first : null;
    }

    /// <summary>The token that says which ids the client may register: of <c>Authorization: Bearer …</c> (RFC 6750 §2.1), or, for browsers, of a subprotocol <c>bearer.…</c>.</summary>
    /// <returns>Null where there is none.</returns>
    public static string? Token(IHeaderDictionary headers)
    {
        if (BearerCredentials.Of(headers) is { } token) return token.Trim();
        if (headers.SecWebSocketProtocol.Count == 0) return null;
        var protocol = headers.GetCommaSeparatedValues(HeaderNames.SecWebSocketProtocol).FirstOrDefault(protocol => protocol.StartsWith(TokenProtocol, StringComparison.Ordinal));
        return protocol?[TokenProtocol.Length..];
    }

    /// <summary>Whether the text has only the characters of a token (RFC 9110 §5.6.2).</summary>
    public static bool IsToken(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(TokenChars);

    private static bool HasToken(StringValues header, string token)
    {
        foreach (var line in header)
        {
            foreach (var part in line.AsSpan().Split(','))
            {
                if (line.AsSpan(part).Trim().Equals(token, StringComparison.OrdinalIgnoreCase)) return true;
            }
        }
        return false;
    }
}
