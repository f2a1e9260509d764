using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace Signaling.Crash;

/// <summary>A client's WebSocket to a node that may be killed at any moment. Nothing here throws for that: it says that it is over.</summary>
internal sealed class Connection(ClientWebSocket socket, int incarnation) : IDisposable
{
    /// <summary>One for all: a handler of its own costs a connection a millisecond.</summary>
    private static readonly HttpMessageInvoker Http = new(new SocketsHttpHandler());

    private readonly SemaphoreSlim _sending = new(1);
    private readonly byte[] _buffer = new byte[16_384];
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isOver;
    private volatile bool _isDeaf;

    /// <summary>Which run of the node it leads to.</summary>
    public int Incarnation => incarnation;

    public bool IsOver => _isOver;

    /// <param name="node">Where it listens.</param>
    /// <param name="incarnation">Which run of the node that is.</param>
    /// <param name="patience">How long it may take; without, as long as it likes.</param>
    /// <returns>Null where no node answers there.</returns>
    public static async Task<Connection?> OpenAsync(Uri node, int incarnation, TimeSpan? patience = null)
    {
        using var end = new CancellationTokenSource(patience ?? Timeout.InfiniteTimeSpan);
        var socket = new ClientWebSocket();
        try
        {
            await socket.ConnectAsync(node, Http, end.Token);
            return new Connection(socket, incarnation);
        }
        catch (Exception refusal) when (refusal is WebSocketException or OperationCanceledException)
        {
            socket.Dispose();
            return null;
        }
    }

    public async Task SendAsync(string json)
    {
        await _sending.WaitAsync();
        try
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes(json), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        }
        catch (Exception end) when (IsEnd(end))
        {
            _isOver = true;
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>The next message; called by one reader at a time.</summary>
    /// <returns>Null at the end.</returns>
    public async Task<JsonElement?> ReadAsync()
    {
        using var message = new MemoryStream();
        try
        {
            if (_isDeaf) await _gone.Task;
            while (true)
            {
                var part = await socket.ReceiveAsync(_buffer.AsMemory(), CancellationToken.None);
                if (part.MessageType == WebSocketMessageType.Close) break;
                message.Write(_buffer, 0, part.Count);
                if (!part.EndOfMessage) continue;
                using var document = JsonDocument.Parse(message.GetBuffer().AsMemory(0, (int)message.Length));
                return document.RootElement.Clone();
            }
        }
        catch (Exception end) when (IsEnd(end))
        {
            // it was cut, by either side
        }
        _isOver = true;
        return null;
    }

    /// <summary>Says that it goes; what the node still sends is read by whoever reads.</summary>
    public async Task CloseAsync()
    {
        try
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        }
        catch (Exception end) when (IsEnd(end))
        {
            _isOver = true;
        }
    }

    /// <summary>From now on reads nothing, not even pings, as a phone whose network is gone: what the node writes stays in buffers.</summary>
    public void Deafen() => _isDeaf = true;

    /// <summary>Goes without a word.</summary>
    public void Dispose()
    {
        _isOver = true;
        _gone.TrySetResult();
        socket.Abort();
        socket.Dispose();
    }

    private static bool IsEnd(Exception end) => end is WebSocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException or IOException;
}
