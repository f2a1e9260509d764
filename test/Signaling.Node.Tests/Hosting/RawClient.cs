using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Signaling.Node.Tests.Hosting;

/// <summary>A client that speaks HTTP and WebSocket frames by hand, so that it can be wrong, slow or mute.</summary>
public sealed class RawClient : IAsyncDisposable
{
    public const string Key = "dGhlIHNhbXBsZSBub25jZQ==";       // RFC 6455 §1.3

    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly BufferedStream _input;

    private RawClient(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
        _input = new BufferedStream(_stream);
    }

    /// <summary>A TCP connection, and nothing said yet.</summary>
    public static async Task<RawClient> ConnectAsync(Uri node, int? receiveBufferBytes = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBufferBytes is { } size) socket.ReceiveBufferSize = size;
        await socket.ConnectAsync(IPAddress.Loopback, node.Port);
        return new RawClient(socket);
    }

    /// <summary>An open WebSocket.</summary>
    public static async Task<RawClient> OpenAsync(Uri node, int? receiveBufferBytes = null)
    {
        var client = await ConnectAsync(node, receiveBufferBytes);
        var response = await client.RequestAsync(Handshake());
        Assert.Equal(101, response.Status);
        return client;
    }

    public static string Handshake(string method = "GET", string path = "/", string version = "13", string key = Key, string more = "") =>
        $"{method} {path} HTTP/1.1\r\nHost: node\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: {version}\r\nSec-WebSocket-Key: {key}\r\n{more}\r\n";

    /// <summary>Sends a request, and in the same segment what is to follow it, and reads its answer, the body by its Content-Length or chunks.</summary>
    public async Task<RawResponse> RequestAsync(string request, params byte[] behind)
    {
        await SendAsync(new ReadOnlyMemory<byte>([.. Encoding.UTF8.GetBytes(request), .. behind]));
        var status = int.Parse((await LineAsync()).Split(' ')[1], null);
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await LineAsync() is { Length: > 0 } line) headers[line[..line.IndexOf(':', StringComparison.Ordinal)]] = line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();

        var body = new StringBuilder();
        if (headers.TryGetValue("Content-Length", out var length)) body.Append(Encoding.UTF8.GetString(await ExactlyAsync(int.Parse(length, null))));
        for (var size = headers.GetValueOrDefault("Transfer-Encoding") == "chunked" ? -1 : 0; size != 0;)
        {
            size = Convert.ToInt32(await LineAsync(), 16);
            body.Append(Encoding.UTF8.GetString(await ExactlyAsync(size)));
            await LineAsync();
        }
        return new RawResponse(status, headers, body.ToString());
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        using var patience = new CancellationTokenSource(NodeProcess.Patience);
        await _stream.WriteAsync(bytes, patience.Token);
    }

    public Task SendTextAsync(string text) => SendAsync(ClientFrame.Text(text));

    /// <summary>Nothing more will be sent; reading goes on.</summary>
    public void EndSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <returns>Null at the connection's orderly end; a reset fails.</returns>
    public async Task<RawFrame?> FrameAsync()
    {
        using var patience = new CancellationTokenSource(NodeProcess.Patience);
        var header = new byte[2];
        if (await _input.ReadAtLeastAsync(header, 2, throwOnEndOfStream: false, patience.Token) < 2) return null;
        Assert.Equal(0, header[1] & 0x80);                      // a server never masks (RFC 6455 §5.1)
        var length = header[1] switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(await ExactlyAsync(2)),
            127 => (int)BinaryPrimitives.ReadUInt64BigEndian(await ExactlyAsync(8)),
            var small => small,
        };
        return new RawFrame(header[0], await ExactlyAsync(length));
    }

    /// <summary>The next frame that is neither ping, which it answers, nor presence, and which must be a text message.</summary>
    public async Task<Received> NextMessageAsync()
    {
        while (true)
        {
            var frame = await FrameAsync() ?? throw new EndOfStreamException("The node ended the connection.");
            if (frame.IsPing)
            {
                await SendAsync(ClientFrame.Of(0x8A, frame.Payload));
                continue;
            }
            Assert.Equal(0x81, frame.First);
            var message = new Received(frame.Text);
            if (message.Type != "peer-status") return message;
        }
    }

    /// <summary>The frames up to the end of the connection but for presence, and for pings, which it answers; a reset fails.</summary>
    public async Task<IReadOnlyList<RawFrame>> ReadToEndAsync()
    {
        var frames = new List<RawFrame>();
        while (await FrameAsync() is { } frame)
        {
            if (frame.IsClose) EndSending();                    // as a client does: it has nothing more to say
            if (frame.IsPing) await SendAsync(ClientFrame.Of(0x8A, frame.Payload));
            if (frame.IsPing || (frame.First == 0x81 && new Received(frame.Text).Type == "peer-status")) continue;
            frames.Add(frame);
        }
        return frames;
    }

    public async ValueTask DisposeAsync() => await _input.DisposeAsync();

    private async Task<byte[]> ExactlyAsync(int count)
    {
        using var patience = new CancellationTokenSource(NodeProcess.Patience);
        var bytes = new byte[count];
        await _input.ReadExactlyAsync(bytes, patience.Token);
        return bytes;
    }

    private async Task<string> LineAsync()
    {
        var line = new List<byte>();
        while (!line.TakeLast(2).SequenceEqual("\r\n"u8.ToArray())) line.Add((await ExactlyAsync(1))[0]);
        return Encoding.ASCII.GetString([.. line.SkipLast(2)]);
    }
}

/// <summary>An HTTP answer.</summary>
public sealed record RawResponse(int Status, IReadOnlyDictionary<string, string> Headers, string Body);
