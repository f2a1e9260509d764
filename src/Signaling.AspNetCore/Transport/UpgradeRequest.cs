using System.Net;
using Microsoft.AspNetCore.Http;

namespace Signaling.AspNetCore.Transport;

/// <summary>A client's request for a WebSocket, by whichever way it came.</summary>
/// <param name="Method">As it was sent.</param>
/// <param name="Path">Without its percent-encoding.</param>
/// <param name="Query">As it was sent, from its question mark on; empty where there is none.</param>
/// <param name="Headers">All of them.</param>
/// <param name="Remote">Who asks; null where the transport has no addresses.</param>
internal sealed record UpgradeRequest(string Method, string Path, string Query, IHeaderDictionary Headers, EndPoint? Remote)
{
    public static UpgradeRequest Of(HttpContext context) => new(
        context.Request.Method,
        context.Request.Path.Value ?? "",
        context.Request.QueryString.Value ?? "",
        context.Request.Headers,
        context.Connection.RemoteIpAddress is { } address ? new IPEndPoint(address, context.Connection.RemotePort) : null);
}
