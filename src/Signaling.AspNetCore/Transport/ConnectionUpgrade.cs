using System.IO.Pipelines;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using Signaling.Actors.Auth;
using Signaling.Actors.Hosting;
using Signaling.Actors.Limits;

namespace Signaling.AspNetCore.Transport;

/// <summary>Takes a WebSocket whose handshake is the first thing on its connection, before the server's HTTP has made anything for it: an idle connection
/// needs half the memory, a new one less work. Everything else goes on to HTTP untouched, and so does every handshake that is to be refused.</summary>
/// <param name="node">Where sockets go.</param>
/// <param name="options">Their limits.</param>
/// <param name="limits">Of the server's HTTP: a connection on which nothing comes ends as it would there.</param>
/// <param name="time">The clock.</param>
#pragma warning disable CA1001 // It lives as long as the server, and its semaphore makes no handle.
internal sealed class ConnectionUpgrade(SignalingNode node, IOptions<SignalingOptions> options, KestrelServerLimits limits, TimeProvider time)
#pragma warning restore CA1001
{
    /// <summary>So many handshakes are worked on at once, from the request to the connection's actor. In a storm of them, what others relay waits behind these in
    /// the thread pool, and not behind all that came.</summary>
    private const int MaxAtOnce = 16;

    private static readonly byte[] TooMany = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"u8.ToArray();

    private readonly HandshakeRules _rules = new(options.Value.Connection);
    private readonly SemaphoreSlim _turns = new(MaxAtOnce);
    private readonly TimeSpan _patience = limits.RequestHeadersTimeout == TimeSpan.MaxValue ? Timeout.InfiniteTimeSpan : limits.RequestHeadersTimeout;

    /// <summary>Carries a connection until it ends.</summary>
    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate http)
    {
        using var handshake = connection.Features.Get<OpenHandshake>() ?? OpenHandshake.TryBegin(node);
        if (handshake is null)
        {
            await connection.Transport.Output.WriteAsync(TooMany);
            return;
        }
        (ClientSocket Socket, ClientPlace Place)? client;
        try
        {
            try
            {
                client = await HandshakeAsync(connection);
            }
            catch (Exception end) when (ConnectionEnd.Is(end) || end is TimeoutException)
            {
                return;                                             // nothing came, or it was cut
            }
            if (client is null) await http(connection);             // tells its failures itself
        }
        finally
        {
            handshake.Dispose();
        }
        if (client is not { } taken) return;
        using (taken.Place) await taken.Socket.RunAsync();
    }

    /// <returns>Null where HTTP is to read what came.</returns>
    private async ValueTask<(ClientSocket, ClientPlace)?> HandshakeAsync(ConnectionContext connection)
    {
        var first = await ReadFirstAsync(connection);
        await _turns.WaitAsync();
        try
        {
            return await TryConnectAsync(connection, first);
        }
        finally
        {
            _turns.Release();
        }
    }

    private async ValueTask<(ClientSocket, ClientPlace)?> TryConnectAsync(ConnectionContext connection, ReadResult first)
    {
        var input = connection.Transport.Input;
        var peer = (connection.RemoteEndPoint as IPEndPoint)?.Address;
        var isTls = connection.Features.Get<ITlsHandshakeFeature>() is not null;
        if (UpgradeHead.TryRead(first.Buffer, out var request, out var end) && _rules.Refuse(peer, isTls, request.Headers) is null && TryAnswer(request, out var answer)
            && _rules.ClientOf(peer, request.Headers) is var client && node.Admit(client.Address, isCounted: false) is { } place)
        {
            input.AdvanceTo(end);
            return (await ConnectAsync(connection, answer, place, client), place);
        }
        input.AdvanceTo(first.Buffer.Start);
        return null;
    }

    private async ValueTask<ClientSocket> ConnectAsync(ConnectionContext connection, byte[] answer, ClientPlace place, ClientOrigin client)
    {
        try
        {
            var (input, output) = (connection.Transport.Input, connection.Transport.Output);
            if (input is SocketInput direct) direct.Stay();         // with all that a frame leads to: none of it blocks
            await output.WriteAsync(answer);
            var socket = new ClientSocket(input, output, connection.Abort, options.Value.Connection, time);
            node.Connect(socket, place, client);
            await socket.Started.WaitAsync(options.Value.Connection.CloseTimeout, time); // actors that stop start none
            return socket;
        }
        catch
        {
            place.Dispose();
            throw;
        }
    }

    private async ValueTask<ReadResult> ReadFirstAsync(ConnectionContext connection)
    {
        var input = connection.Transport.Input;
        if (input.TryRead(out var first)) return first;
        var isStopping = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? CancellationToken.None;
        using var patience = new CancellationTokenSource(_patience, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, isStopping);
        return await input.ReadAsync(end.Token);
    }

    /// <returns>False where the request is no handshake, or a wrong one.</returns>
    private static bool TryAnswer(UpgradeRequest request, out byte[] answer)
    {
        answer = [];
        var headers = request.Headers;
        if (!WebSocketHandshake.IsRequested(request.Method, headers) || !WebSocketHandshake.HasVersion(headers)) return false;
        if (!WebSocketHandshake.TryAnswerKey(headers, out var accept)) return false;
        var protocol = WebSocketHandshake.Protocol(headers) is { } chosen ? $"Sec-WebSocket-Protocol: {chosen}\r\n" : "";
        answer = Encoding.ASCII.GetBytes($"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {accept}\r\n{protocol}\r\n");
        return true;
    }
}
