using System.Globalization;
using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Signaling.AspNetCore.Transport;

/// <summary>A client's TCP connection, read and written by whoever has something to do with it. Nobody watches it meanwhile: that a client has gone shows when it is read or written.</summary>
internal sealed class SocketConnection : ConnectionContext, IDuplexPipe, IConnectionSocketFeature
{
    private static long _lastId;

    private readonly Lock _gate = new();
    private CancellationTokenSource? _closed;                       // most connections are never asked for it
    private bool _isClosed;

    public SocketConnection(Socket socket)
    {
        Socket = socket;
        socket.Blocking = false;
        (LocalEndPoint, RemoteEndPoint) = (socket.LocalEndPoint, socket.RemoteEndPoint);
        (Input, Output, Transport) = (new SocketInput(socket), new SocketOutput(socket), this);
        Features.Set<IConnectionSocketFeature>(this);
    }

    public Socket Socket { get; }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    public override IDuplexPipe Transport { get; set; }

    public override string ConnectionId
    {
        get => field ??= Interlocked.Increment(ref _lastId).ToString("X", CultureInfo.InvariantCulture);
        set;
    }

    public override IFeatureCollection Features { get; } = new FeatureCollection();

    public override IDictionary<object, object?> Items
    {
        get => field ??= new ConnectionItems();
        set;
    }

    public override CancellationToken ConnectionClosed
    {
        get
        {
            lock (_gate)
            {
                _closed ??= new CancellationTokenSource();
                if (_isClosed) _closed.Cancel();
                return _closed.Token;
            }
        }
        set => throw new NotSupportedException();
    }

    /// <summary>Cuts the connection: what waits in its buffers is lost, and the client sees a reset.</summary>
    public override void Abort(ConnectionAbortedException abortReason) => End(static socket => socket.Close(timeout: 0));

    /// <summary>Ends the connection after what was written.</summary>
    public override ValueTask DisposeAsync()
    {
        Input.Complete();
        Output.Complete();
        End(static socket =>
        {
            try
            {
                socket.Shutdown(SocketShutdown.Both);
            }
            catch (SocketException)                                 // the client was first
            {
            }
            socket.Dispose();
        });
        return base.DisposeAsync();
    }

    private void End(Action<Socket> end)
    {
        CancellationTokenSource? closed;
        lock (_gate)
        {
            if (_isClosed) return;
            _isClosed = true;
            closed = _closed;
        }
        end(Socket);
        closed?.Cancel();
    }
}
