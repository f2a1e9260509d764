using System.Net.WebSockets;
using System.Text;
using System.Threading.Channels;

namespace Signaling.Node.Tests.Hosting;

/// <summary>A thin client over the framework's WebSocket. It reads all the time; presence, which other tests' peers cause too, is kept apart.</summary>
public sealed class SignalingClient : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly ClientWebSocket _socket;
    private readonly Channel<Received> _messages = Channel.CreateUnbounded<Received>();
    private readonly Channel<Received> _presence = Channel.CreateUnbounded<Received>();
    private readonly TrafficRecording? _traffic = TrafficRecording.Begin();
    private readonly Task<Closing> _closed;
    private string _last = "nothing";

    private SignalingClient(ClientWebSocket socket)
    {
        _socket = socket;
        _closed = Task.Run(ReadAsync);
    }

    /// <summary>The subprotocol that the node chose.</summary>
    public string? SubProtocol => _socket.SubProtocol;

    public static async Task<SignalingClient> ConnectAsync(Uri uri, Action<ClientWebSocketOptions>? configure = null, HttpMessageInvoker? invoker = null)
    {
        var socket = new ClientWebSocket();
        configure?.Invoke(socket.Options);
        using var patience = new CancellationTokenSource(NodeProcess.Patience);
        await socket.ConnectAsync(uri, invoker, patience.Token);
        return new SignalingClient(socket);
    }

    public Task SendAsync(string json) => SendAsync(Encoding.UTF8.GetBytes(json), WebSocketMessageType.Text);

    public async Task SendAsync(ReadOnlyMemory<byte> message, WebSocketMessageType type, bool endOfMessage = true)
    {
        _traffic?.Sent(message.Span);
        using var patience = new CancellationTokenSource(NodeProcess.Patience);
        await _socket.SendAsync(message, type, endOfMessage, patience.Token);
    }

    /// <summary>Registers and takes the answer.</summary>
    public async Task<Received> RegisterAsync(string peerId, bool acks = false)
    {
        await SendAsync(acks ? $$"""{"type":"register","peerId":"{{peerId}}","acks":true}""" : $$"""{"type":"register","peerId":"{{peerId}}"}""");
        return await NextAsync("registered");
    }

    /// <summary>The next message but for presence.</summary>
    public Task<Received> NextAsync() => ReadAsync(_messages, "a message");

    /// <summary>The next message but for presence; fails where it is of another type.</summary>
    public async Task<Received> NextAsync(string type)
    {
        var message = await ReadAsync(_messages, type);
        if (message.Type != type) Assert.Fail($"Expected {type}, received {message}");
        return message;
    }

    /// <summary>The next message of any type but for presence.</summary>
    public Task<Received> NextAnswerAsync() => ReadAsync(_messages, "an answer");

    /// <summary>The next <paramref name="count"/> messages of this type.</summary>
    public async Task<IReadOnlyList<Received>> NextAsync(string type, int count)
    {
        var messages = new List<Received>();
        while (messages.Count < count) messages.Add(await NextAsync(type));
        return messages;
    }

    /// <summary>Everything that comes before the connection ends.</summary>
    public async Task<IReadOnlyList<Received>> ReadToEndAsync()
    {
        var messages = new List<Received>();
        await foreach (var message in _messages.Reader.ReadAllAsync().WithCancellation(new CancellationTokenSource(NodeProcess.Patience).Token)) messages.Add(message);
        return messages;
    }

    /// <summary>The next presence of this peer; fails where it is the other status.</summary>
    public async Task<Received> NextPresenceAsync(string peerId, string status)
    {
        while (true)
        {
            var presence = await ReadAsync(_presence, $"{peerId} {status}");
            if (presence.Value("peerId") != peerId) continue;
            if (presence.Value("status") != status) Assert.Fail($"Expected {status} of {peerId}, received {presence}");
            return presence;
        }
    }

    /// <summary>The presence that came before this one, for everyone.</summary>
    public async Task<IReadOnlyList<Received>> PresenceUntilAsync(string peerId, string status)
    {
        var before = new List<Received>();
        while (true)
        {
            var presence = await ReadAsync(_presence, $"{peerId} {status}");
            if (presence.Value("peerId") == peerId && presence.Value("status") == status) return before;
            before.Add(presence);
        }
    }

    /// <summary>A fence: the answer to a ping is the next message, so nothing else waits, presence apart.</summary>
    public async Task ExpectNothingElseAsync()
    {
        await SendAsync("""{"type":"ping"}""");
        await NextAsync("pong");
    }

    /// <summary>How the node closes the connection; what was not taken is left.</summary>
    public async Task<Closing> ClosedAsync()
    {
        try
        {
            return await _closed.WaitAsync(NodeProcess.Patience);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"The connection was not closed; the last message was {_last}");
            throw;
        }
    }

    /// <summary>Closes in order and waits for the node's answer.</summary>
    public async Task<Closing> CloseAsync(WebSocketCloseStatus status = WebSocketCloseStatus.NormalClosure)
    {
        await _socket.CloseOutputAsync(status, null, CancellationToken.None);
        return await ClosedAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        await _closed;
        _socket.Dispose();
    }

    private async Task<Received> ReadAsync(Channel<Received> channel, string expected)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            return await channel.Reader.ReadAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"Expected {expected}, nothing came; the last message was {_last}");
        }
        catch (ChannelClosedException)
        {
            Assert.Fail($"Expected {expected}, but the connection ended: {await _closed}; the last message was {_last}");
        }
        throw new InvalidOperationException("Assert.Fail throws.");
    }

    private async Task<Closing> ReadAsync()
    {
        try
        {
            while (await ReadMessageAsync() is { } text)
            {
                var message = new Received(text);
                _last = message.ToString();
                _traffic?.Received(message);
                (message.Type == "peer-status" ? _presence : _messages).Writer.TryWrite(message);
            }
            if (_socket.State == WebSocketState.CloseReceived) await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
            return new Closing((int?)_socket.CloseStatus, _socket.CloseStatusDescription);
        }
        catch (Exception cut) when (cut is WebSocketException or OperationCanceledException or ObjectDisposedException or IOException)
        {
            return new Closing((int?)_socket.CloseStatus, _socket.CloseStatus is null ? cut.Message : _socket.CloseStatusDescription);
        }
        finally
        {
            _traffic?.End();
            _messages.Writer.TryComplete();
            _presence.Writer.TryComplete();
        }
    }

    /// <returns>Null where the node closes.</returns>
    private async Task<string?> ReadMessageAsync()
    {
        var buffer = new byte[16_384];
        using var message = new MemoryStream();
        while (true)
        {
            var part = await _socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
            if (part.MessageType == WebSocketMessageType.Close) return null;
            Assert.Equal(WebSocketMessageType.Text, part.MessageType);
            message.Write(buffer, 0, part.Count);
            if (part.EndOfMessage) return Encoding.UTF8.GetString(message.GetBuffer(), 0, (int)message.Length);
        }
    }
}
