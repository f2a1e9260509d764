using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;
using Signaling.AspNetCore.Transport;

namespace Signaling.Node.Tests.Transport;

/// <summary>Connections as Kestrel and its middleware expect them of a transport.</summary>
public sealed class SocketListenerSpecs : IAsyncLifetime
{
    private readonly SocketListener.Factory _factory = new(Options.Create(new SocketTransportOptions()));
    private readonly Socket _client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private IConnectionListener _listener = null!;

    public async Task InitializeAsync() => _listener = await _factory.BindAsync(new IPEndPoint(IPAddress.Loopback, 0));

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _listener.DisposeAsync();
    }

    [Fact]
    public async Task A_connection_knows_its_ends_and_is_told_from_others()
    {
        var first = await AcceptAsync(_client);
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        var second = await AcceptAsync(other);

        Assert.Equal(_client.LocalEndPoint, first.RemoteEndPoint);
        Assert.Equal(_listener.EndPoint, first.LocalEndPoint);
        Assert.NotNull(first.Features.Get<IConnectionSocketFeature>());
        Assert.NotEqual(first.ConnectionId, second.ConnectionId);
        Assert.Equal(first.ConnectionId, first.ConnectionId);
    }

    [Fact]
    public async Task What_was_written_arrives_before_the_end()
    {
        var connection = await AcceptAsync(_client);
        await connection.Transport.Output.WriteAsync("bye"u8.ToArray());

        await connection.DisposeAsync();

        var received = new byte[10];
        Assert.Equal(3, await _client.ReceiveAsync(received));
        Assert.Equal(0, await _client.ReceiveAsync(received));
    }

    [Fact]
    public async Task One_that_is_cut_is_reset_and_says_that_it_is_closed()
    {
        var connection = await AcceptAsync(_client);
        var closed = connection.ConnectionClosed;
        Assert.False(closed.IsCancellationRequested);

        connection.Abort();
        connection.Abort();
        await connection.DisposeAsync();

        Assert.True(closed.IsCancellationRequested);
        Assert.True(connection.ConnectionClosed.IsCancellationRequested);
        var end = await Assert.ThrowsAsync<SocketException>(async () => await _client.ReceiveAsync(new byte[1]));
        Assert.Equal(SocketError.ConnectionReset, end.SocketErrorCode);
    }

    [Fact]
    public async Task One_that_ended_is_closed_for_who_asks_later()
    {
        var connection = await AcceptAsync(_client);

        await connection.DisposeAsync();

        Assert.True(connection.ConnectionClosed.IsCancellationRequested);
    }

    [Fact]
    public async Task A_client_that_has_gone_again_does_not_stop_the_others()
    {
        using (var hasty = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            await hasty.ConnectAsync(_listener.EndPoint);
            hasty.Close(timeout: 0);
        }
        await _client.ConnectAsync(_listener.EndPoint);
        ConnectionContext? connection;
        do connection = await _listener.AcceptAsync();
        while (!Equals(connection!.RemoteEndPoint, _client.LocalEndPoint));

        await _client.SendAsync("hello"u8.ToArray());

        Assert.Equal("hello"u8.ToArray(), (await connection.Transport.Input.ReadAsync()).Buffer.ToArray());
    }

    [Fact]
    public async Task A_listener_that_is_unbound_accepts_nobody_more()
    {
        var accepting = _listener.AcceptAsync();

        await _listener.UnbindAsync();

        Assert.Null(await accepting);
        Assert.Null(await _listener.AcceptAsync());
    }

    [Fact]
    public async Task An_address_in_use_is_told_as_such() =>
        await Assert.ThrowsAsync<AddressInUseException>(async () => await _factory.BindAsync(_listener.EndPoint));

    private async Task<ConnectionContext> AcceptAsync(Socket client)
    {
        await client.ConnectAsync(_listener.EndPoint);
        return (await _listener.AcceptAsync())!;
    }
}
