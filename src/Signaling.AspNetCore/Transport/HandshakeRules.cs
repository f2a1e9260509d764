using System.Net;
using Microsoft.AspNetCore.Http;
using Signaling.Actors.Auth;
using Signaling.Actors.Connections;

namespace Signaling.AspNetCore.Transport;

/// <summary>Who may open a WebSocket, by what its handshake says and how it came: the same however the handshake is read.</summary>
internal sealed class HandshakeRules(ConnectionOptions options)
{
    private readonly ClientAddress _addresses = new(options.TrustedProxies);
    private readonly AllowedOrigins _origins = new(options.AllowedOrigins);

    /// <summary>Where the client is, as far as is known, and the token that it brings.</summary>
    public ClientOrigin ClientOf(IPAddress? peer, IHeaderDictionary headers) => new(_addresses.Of(peer, headers[ClientAddress.Header]), WebSocketHandshake.Token(headers));

    /// <param name="peer">The other end of the connection.</param>
    /// <param name="isTls">Whether the connection is TLS.</param>
    /// <param name="headers">What the handshake says.</param>
    /// <returns>Why not, as the client is told with 403 (RFC 9110 §15.5.4); null where it may.</returns>
    public string? Refuse(IPAddress? peer, bool isTls, IHeaderDictionary headers)
    {
        if (!_origins.Allow(headers.Origin)) return "Pages of this origin may not connect here.";
        if (options.RequireTls && !_addresses.CameByTls(peer, isTls, headers[ClientAddress.ProtocolHeader])) return "Clients connect here by TLS only: use wss://.";
        return null;
    }
}
