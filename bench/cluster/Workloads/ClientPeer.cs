using System.Net.WebSockets;
using System.Text.Json;
using Signaling.Client;
using Signaling.ClusterFaults.Histories;
using Signaling.ClusterFaults.Processes;
using Registered = Signaling.ClusterFaults.Histories.Registered;

namespace Signaling.ClusterFaults.Workloads;

/// <summary>The .NET client as applications use it; each attempt to connect goes to the next node.</summary>
internal sealed class ClientPeer : IPeer
{
    /// <summary>Of those that do not measure: most messages that have no answer.</summary>
    private const int MaxOpen = 16;

    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(5);

    private readonly SignalingClient _client;
    private readonly IReadOnlyList<ClusterNode> _nodes;
    private readonly History _history;
    private readonly Lock _gate = new();
    private readonly Func<Peer> _successor;
    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _receiving = Task.CompletedTask;
    private int _next, _connections, _number, _open;
    private string _node = "";
    private Peer? _ended;
    private bool _isRegistered, _isSettling;

    /// <inheritdoc cref="Peer(string, PeerKind, Absence, TimeSpan, IReadOnlyList{ClusterNode}, int, History, Random)"/>
    public ClientPeer(string id, TimeSpan heartbeat, IReadOnlyList<ClusterNode> nodes, int first, History history)
    {
        (Id, _nodes, _next, _history) = (id, nodes, first, history);
        _successor = () => new Peer(id, PeerKind.Acks, Absence.Never, heartbeat, nodes, first, history, new Random(first));
        _client = new SignalingClient(new SignalingClientOptions
        {
            Server = nodes[first].Clients,
            PeerId = id,
            Presence = PresenceScope.None,
            BackOffBase = TimeSpan.FromMilliseconds(100),
            BackOffLimit = TimeSpan.FromMilliseconds(500),
            ConnectTimeout = ConnectPatience,
            HeartbeatInterval = heartbeat,
            HeartbeatTimeout = 2 * heartbeat,
            RefusalRetries = int.MaxValue,
            GapTimeout = TimeSpan.FromMinutes(2),                   // longer than any fault: what is refused meanwhile is sent again
            Connect = ConnectAsync,
        });
        _client.StateChanged += (_, change) => Note(change.State);
        history.Add(new Joined(id, PeerKind.Client));
    }

    public string Id { get; }

    public async Task StartAsync()
    {
        _receiving = ReceiveAsync();
        await _client.ConnectAsync();
    }

    public void Offer(string to, long? due)
    {
        lock (_gate)
        {
            if ((due is null && _open >= MaxOpen) || _ended is not null) return;
            _open++;
            var number = ++_number;
            _history.Add(new Sent(Id, to, number, _connections, Receipt: true, due));
            using var payload = JsonDocument.Parse(Payload.Of(Id, number));
            _ = AwaitAsync(to, number, _client.SendAsync(to, payload.RootElement));
        }
    }

    public void LookAfterConnection()
    {
        // the client does it itself
    }

    public Task SettleAsync()
    {
        lock (_gate)
        {
            _isSettling = true;
            LookWhetherAnswered();
        }
        return _answered.Task;
    }

    public async Task DrainAsync()
    {
        using var fence = JsonDocument.Parse("\"fence\"");
        try
        {
            await _client.SendAsync(Id, fence.RootElement);
        }
        catch (SignalingException)
        {
            // it has ended
        }
        await Task.WhenAny(_drained.Task, _receiving);
        if (_ended is not null) await _ended.DrainAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _receiving;
        if (_ended is not null) await _ended.DisposeAsync();
    }

    private async Task<WebSocket> ConnectAsync(Uri server, CancellationToken cancellationToken)
    {
        var node = _nodes[_next];
        (_next, _node) = ((_next + 1) % _nodes.Count, node.Name);
        var socket = new ClientWebSocket();
        try
        {
            await socket.ConnectAsync(node.Clients, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private void Note(ConnectionState state)
    {
        if (state == ConnectionState.Registered) _history.Add(new Registered(Id, ++_connections, _node));
        else if (_isRegistered) _history.Add(new Parted(Id, _connections, IsLeave: state == ConnectionState.Closed));
        _isRegistered = state == ConnectionState.Registered;
    }

    private async Task AwaitAsync(string to, int number, Task<DeliveryStatus> sending)
    {
        try
        {
            var outcome = await sending == DeliveryStatus.Stored ? Outcome.Stored : Outcome.Delivered;
            _history.Add(new Answered(Id, to, number, outcome));
        }
        catch (SignalingException refusal)
        {
            _history.Add(new Answered(Id, to, number, Outcome.Refused, refusal.Code));
        }
        lock (_gate)
        {
            _open--;
            LookWhetherAnswered();
        }
    }

    private async Task ReceiveAsync()
    {
        try
        {
            await foreach (var message in _client.ReceiveAsync())
            {
                if (message.From == Id) _drained.TrySetResult();
                else _history.Add(new Received(Id, Payload.SenderOf(message.Content, message.From), Payload.NumberOf(message.Content)));
            }
        }
        catch (SignalingException end)                              // what is in its mailbox is for somebody to take, all the same
        {
            _history.Add(new Ended(Id, end.Message));
            lock (_gate) _ended = _successor();
            await _ended.StartAsync();
        }
    }

    private void LookWhetherAnswered()
    {
        if (_isSettling && _open == 0) _answered.TrySetResult();
    }
}
