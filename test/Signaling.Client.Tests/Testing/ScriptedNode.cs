using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Threading.Channels;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Client.Tests.Testing;

/// <summary>A node whose part the test plays, over real WebSockets.</summary>
internal sealed class ScriptedNode : IDisposable
{
    private readonly Channel<ScriptedConnection> _connections = Channel.CreateUnbounded<ScriptedConnection>();
    private readonly List<IDisposable> _open = [];

    /// <summary>What a client connects with.</summary>
    public async Task<WebSocket> ConnectAsync(Uri server, CancellationToken cancellationToken)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint, cancellationToken);
        var accepted = await listener.AcceptTcpClientAsync(cancellationToken);
        var connection = new ScriptedConnection(WebSocket.CreateFromStream(accepted.GetStream(), new WebSocketCreationOptions { IsServer = true }));
        lock (_open) _open.AddRange([client, accepted, connection]);
        _connections.Writer.TryWrite(connection);
        return WebSocket.CreateFromStream(client.GetStream(), new WebSocketCreationOptions());
    }

    /// <summary>The next connection that the client makes.</summary>
    public Task<ScriptedConnection> NextAsync() => _connections.Reader.ReadAsync().Soon();

    /// <summary>The next connection, registered.</summary>
    public async Task<ScriptedConnection> NextRegisteredAsync()
    {
        var connection = await NextAsync();
        await connection.ReadAsync("register");
        await connection.SendAsync("""{"type":"registered","peerId":"alice","serverTime":0,"isReconnect":false,"node":"n","sessionId":"s","features":[]}""");
        return connection;
    }

    public void Dispose()
    {
        lock (_open)
        {
            foreach (var one in _open) one.Dispose();
        }
    }
}
