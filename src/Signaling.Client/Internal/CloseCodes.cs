using System.Net.WebSockets;

namespace Signaling.Client;

/// <summary>What a close frame of the node's means.</summary>
internal static class CloseCodes
{
    private const int Unauthorized = 4003;

    /// <param name="status">Its code.</param>
    /// <param name="reason">Its reason.</param>
    /// <param name="refusal">The error before it, which says more.</param>
    public static Exception Exception(WebSocketCloseStatus status, string? reason, SignalingException? refusal) => status switch
    {
        WebSocketCloseStatus.NormalClosure when reason == "replaced" => new ReplacedException(),
        (WebSocketCloseStatus)Unauthorized => refusal as UnauthorizedException ?? new UnauthorizedException("unauthorized", reason ?? ""),
        WebSocketCloseStatus.ProtocolError or WebSocketCloseStatus.InvalidPayloadData or WebSocketCloseStatus.MessageTooBig => new ConnectionRefusedException(status, reason),
        _ => new ConnectionLostException(status, reason),
    };
}

/// <summary>The node closed the connection; the client connects again.</summary>
internal sealed class ConnectionLostException(WebSocketCloseStatus status, string? reason) : Exception($"The node closed the connection with {(int)status} {reason}".TrimEnd() + ".")
{
    /// <summary>The node has trouble, with this client or in general: it is not to be asked again at once.</summary>
    public bool IsTrouble => status is WebSocketCloseStatus.InternalServerError or (WebSocketCloseStatus)1013;
}
