using Microsoft.AspNetCore.Http;

namespace Signaling.AspNetCore.Transport;

/// <summary>A client's request for a WebSocket.</summary>
/// <param name="Method">As it was sent.</param>
/// <param name="Path">As it was sent.</param>
/// <param name="Query">As it was sent, from its question mark on; empty where there is none.</param>
/// <param name="Headers">All of them.</param>
internal sealed record UpgradeRequest(string Method, string Path, string Query, IHeaderDictionary Headers);
