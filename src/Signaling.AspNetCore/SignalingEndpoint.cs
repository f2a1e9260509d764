using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Signaling.Actors.Hosting;
using Signaling.AspNetCore.Transport;

namespace Signaling.AspNetCore;

/// <summary>Takes a client's WebSocket and carries it until it ends.</summary>
internal sealed class SignalingEndpoint(SignalingNode node, IOptions<SignalingOptions> options, TimeProvider time)
{
    private readonly HandshakeRules _rules = new(options.Value.Connection);

    /// <summary>Whether the request wants to become a WebSocket.</summary>
    public static bool IsWebSocketRequest(HttpContext context) => HttpUpgrade.IsRequested(context);

    /// <summary>Answers the handshake and runs the connection; a node that does not take clients says 503 (RFC 9110 §15.6.4).</summary>
    public async Task HandleAsync(HttpContext context)
    {
        var client = _rules.ClientOf(context.Connection.RemoteIpAddress, context.Request.Headers);
        using var place = node.Admit(client.Address);
        if (place is null)
        {
            context.Response.Headers.RetryAfter = "1";
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            await context.Response.WriteAsync("The signaling node does not take clients now; try again.\n");
            return;
        }
        if (await HttpUpgrade.AcceptAsync(context, _rules) is not { } connection) return;
        var socket = new ClientSocket(connection.Input, connection.Output, context.Abort, options.Value.Connection, time);
        node.Connect(socket, place, client);
        await socket.RunAsync();
    }
}
