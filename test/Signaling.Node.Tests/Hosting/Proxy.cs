using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Signaling.Node.Tests.Hosting;

/// <summary>A TCP proxy before a node that can do what a phone's network does: vanish without a word. TCP towards the node goes on, so that the node sees nothing of it.</summary>
public sealed class Proxy : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Uri _node;
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _gate = new();
    private readonly List<Socket> _sockets = [];
    private readonly StringBuilder _swallowed = new();
    private readonly Task _accepting;
    private TaskCompletionSource _swallowedMore = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _swallows;

    public Proxy(Uri node)
    {
        _node = node;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    /// <summary>Where clients connect.</summary>
    public Uri Clients => new UriBuilder(_node) { Port = ((IPEndPoint)_listener.LocalEndPoint!).Port }.Uri;

    /// <summary>From now on nothing reaches a client, though the node sees it accepted.</summary>
    public void Swallow()
    {
        lock (_gate) _swallows = true;
    }

    /// <summary>Waits until this was swallowed.</summary>
    public async Task SwallowedAsync(string text)
    {
        while (true)
        {
            Task more;
            lock (_gate)
            {
                if (_swallowed.ToString().Contains(text, StringComparison.Ordinal)) return;
                more = _swallowedMore.Task;
            }
            await more.WaitAsync(NodeProcess.Patience);
        }
    }

    /// <summary>Ends every connection, on both sides.</summary>
    public void Cut()
    {
        lock (_gate)
        {
            foreach (var socket in _sockets) socket.Dispose();
            _sockets.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await _accepting;
        Cut();
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptAsync(_end.Token);
                var node = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await node.ConnectAsync(IPAddress.Loopback, _node.Port, _end.Token);
                client.NoDelay = true;
                lock (_gate) _sockets.AddRange([client, node]);
                _ = PumpAsync(client, node, toClient: false);
                _ = PumpAsync(node, client, toClient: true);
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // disposed
        }
    }

    private async Task PumpAsync(Socket source, Socket target, bool toClient)
    {
        var buffer = new byte[65_536];
        try
        {
            while (await source.ReceiveAsync(buffer) is > 0 and var count)
            {
                if (!toClient || !Swallows(buffer.AsSpan(0, count))) await target.SendAsync(buffer.AsMemory(0, count));
            }
            target.Shutdown(SocketShutdown.Send);
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException)
        {
            // cut by either side
        }
    }

    private bool Swallows(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            if (!_swallows) return false;
            _swallowed.Append(Encoding.Latin1.GetString(bytes));
            _swallowedMore.TrySetResult();
            _swallowedMore = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return true;
        }
    }
}
