using System.Net;
using System.Net.Sockets;

namespace Signaling.Endurance;

/// <summary>How a connection ends.</summary>
internal enum CutKind
{
    /// <summary>Both sides are reset at once.</summary>
    Both,

    /// <summary>What the node sends is lost for a moment before.</summary>
    AnswersLost,

    /// <summary>What the client sends is lost for a moment before.</summary>
    RequestsLost,

    /// <summary>The client's side ends at once; the node believes in it, and handles what has arrived, for a moment longer.</summary>
    NodeUnaware,
}

/// <summary>A TCP proxy between a client and whatever node runs, which ends connections in the ways of a bad network.</summary>
internal sealed class FlakyLink : IAsyncDisposable
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(50);

    private readonly Func<Uri?> _node;
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _gate = new();
    private readonly List<Pair> _pairs = [];
    private readonly Task _accepting;

    /// <param name="node">Where the node is now; null while there is none.</param>
    public FlakyLink(Func<Uri?> node)
    {
        _node = node;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Clients = new Uri($"ws://127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}/");
        _accepting = AcceptAsync();
    }

    /// <summary>Where the client connects.</summary>
    public Uri Clients { get; }

    /// <summary>Ends every connection.</summary>
    /// <returns>Whether there was one.</returns>
    public async Task<bool> CutAsync(CutKind kind)
    {
        Pair[] pairs;
        lock (_gate)
        {
            pairs = [.. _pairs];
            _pairs.Clear();
        }
        foreach (var pair in pairs)
        {
            if (kind == CutKind.AnswersLost) pair.LosesAnswers = true;
            if (kind == CutKind.RequestsLost) pair.LosesRequests = true;
            if (kind == CutKind.NodeUnaware) pair.Client.Dispose();
        }
        if (kind != CutKind.Both) await Task.Delay(Moment);
        foreach (var pair in pairs) pair.Dispose();
        return pairs.Length > 0;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await CutAsync(CutKind.Both);
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) await ConnectAsync(await _listener.AcceptAsync(_end.Token));
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // disposed
        }
    }

    private async Task ConnectAsync(Socket client)
    {
        var pair = new Pair(client);
        try
        {
            if (_node() is not { } node) throw new SocketException((int)SocketError.ConnectionRefused);
            await pair.Node.ConnectAsync(IPAddress.Loopback, node.Port, _end.Token);
        }
        catch (SocketException)
        {
            pair.Dispose();
            return;
        }
        lock (_gate) _pairs.Add(pair);
        _ = PumpAsync(pair, pair.Client, pair.Node, () => pair.LosesRequests);
        _ = PumpAsync(pair, pair.Node, pair.Client, () => pair.LosesAnswers);
    }

    private static async Task PumpAsync(Pair pair, Socket source, Socket target, Func<bool> loses)
    {
        var buffer = new byte[65_536];
        try
        {
            while (await source.ReceiveAsync(buffer) is > 0 and var count)
            {
                if (!loses()) await target.SendAsync(buffer.AsMemory(0, count));
            }
            target.Shutdown(SocketShutdown.Send);
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException)
        {
            if (source == pair.Node) pair.Dispose();                // the node was killed; a client that went is cut in its own way
        }
    }

    private sealed class Pair(Socket client) : IDisposable
    {
        public Socket Client { get; } = client;

        public Socket Node { get; } = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

        public volatile bool LosesAnswers;

        public volatile bool LosesRequests;

        public void Dispose()
        {
            Client.Dispose();
            Node.Dispose();
        }
    }
}
