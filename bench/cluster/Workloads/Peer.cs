using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Signaling.ClusterFaults.Histories;
using Signaling.ClusterFaults.Processes;
using Signaling.Crash;

namespace Signaling.ClusterFaults.Workloads;

/// <summary>A client that does what <c>docs/protocol.md</c> says and nothing else, so that every answer and every repetition is seen.</summary>
internal sealed class Peer : IPeer
{
    /// <summary>Most messages without an answer; together the senders to a mailbox stay below what it remembers (256).</summary>
    private const int Window = 32;

    /// <summary>Of those that do not measure: most that wait.</summary>
    private const int MaxWaiting = 4;

    /// <summary>Milliseconds.</summary>
    private const int MaxBackOff = 2_000;

    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RegisterPatience = TimeSpan.FromSeconds(10);

    private readonly PeerKind _kind;
    private readonly Absence _absence;
    private readonly TimeSpan _heartbeat;
    private readonly IReadOnlyList<ClusterNode> _nodes;
    private readonly History _history;
    private readonly Random _random;
    private readonly Lock _gate = new();
    private readonly SortedDictionary<int, Outgoing> _open = [];
    private readonly Queue<Outgoing> _again = [];
    private readonly Queue<Outgoing> _waiting = [];
    private readonly CancellationTokenSource _settle = new();
    private readonly CancellationTokenSource _end = new();
    private readonly TaskCompletionSource _registered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _running = Task.CompletedTask;
    private Connection? _connection;
    private int _connections, _node, _number;
    private long? _forgotten;
    private bool _isSending, _isSettling, _isDraining;
    private long _lastHeard;
    private TimeSpan _goneFor;

    /// <param name="id">Its peer id.</param>
    /// <param name="kind">What it can.</param>
    /// <param name="absence">How it comes and goes.</param>
    /// <param name="heartbeat">After so long a silence it asks for a sign of life, and after three times as long it goes elsewhere.</param>
    /// <param name="nodes">Where it may connect.</param>
    /// <param name="first">With which it begins.</param>
    /// <param name="history">Where it records.</param>
    /// <param name="random">Of its choices.</param>
    public Peer(string id, PeerKind kind, Absence absence, TimeSpan heartbeat, IReadOnlyList<ClusterNode> nodes, int first, History history, Random random)
    {
        (Id, _kind, _absence, _heartbeat, _nodes, _node, _history, _random) = (id, kind, absence, heartbeat, nodes, first, history, random);
        history.Add(new Joined(id, kind));
    }

    public string Id { get; }

    public Task StartAsync()
    {
        _running = RunAsync();
        return _registered.Task;
    }

    public void Offer(string to, long? due)
    {
        lock (_gate)
        {
            if (due is null && (_waiting.Count >= MaxWaiting || _connection is null)) return;
            _waiting.Enqueue(new Outgoing(++_number, to, Receipt: _kind != PeerKind.Original, due));
        }
        StartSending();
    }

    public void LookAfterConnection()
    {
        Connection? connection;
        lock (_gate) connection = _connection;
        var silence = Stopwatch.GetElapsedTime(Volatile.Read(ref _lastHeard));
        if (connection is null || silence < _heartbeat) return;
        if (silence > 3 * _heartbeat) connection.Dispose();
        else _ = connection.SendAsync("""{"type":"ping"}""");
    }

    public Task SettleAsync()
    {
        _settle.Cancel();
        Connection? connection;
        long? forgotten;
        lock (_gate)
        {
            (_isSettling, connection, forgotten) = (true, _connection, _forgotten);
            LookWhetherAnswered();
        }
        if (connection is not null && forgotten is { } seq) _ = AcknowledgeAsync(connection, seq);
        return _answered.Task;
    }

    public async Task DrainAsync()
    {
        Connection? connection;
        lock (_gate) (_isDraining, connection) = (true, _connection);
        if (connection is not null) await SendFenceAsync(connection);
        await _drained.Task;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _settle.CancelAsync();
        lock (_gate) _connection?.Dispose();
        await _running;
        _end.Dispose();
        _settle.Dispose();
    }

    private async Task RunAsync()
    {
        Connection? former = null;
        while (await ConnectAsync() is { } connection)
        {
            former?.Dispose();
            former = connection;
            await using var end = _end.Token.Register(connection.Dispose);
            var reading = ReadAsync(connection);
            if (_absence != Absence.Never) await Task.WhenAny(reading, DelayAsync(200, 3_000));
            if (_absence == Absence.Never || _settle.IsCancellationRequested) await reading;
            if (!reading.IsCompleted) await LeaveAsync(connection);
            else await PauseAsync(_goneFor);
            _node = (_node + Random(1, Math.Max(2, _nodes.Count))) % _nodes.Count;
        }
        former?.Dispose();
    }

    /// <returns>A registered connection, to one node or another; null at the end.</returns>
    private async Task<Connection?> ConnectAsync()
    {
        for (var attempt = 0; !_end.IsCancellationRequested; attempt++)
        {
            if (attempt > 0)                                        // elsewhere, and later each time
            {
                _node = (_node + 1) % _nodes.Count;
                await PauseAsync(TimeSpan.FromMilliseconds(Random(0, Math.Min(100 << attempt, MaxBackOff))));
            }
            var node = _nodes[_node];
            if (await Connection.OpenAsync(node.Clients, ++_connections, ConnectPatience) is not { } connection) continue;
            if (!await RegisterAsync(connection))
            {
                connection.Dispose();
                continue;
            }
            _history.Add(new Registered(Id, connection.Incarnation, node.Name));
            Begin(connection);
            return connection;
        }
        return null;
    }

    private async Task<bool> RegisterAsync(Connection connection)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        patience.CancelAfter(RegisterPatience);
        await using var _ = patience.Token.Register(connection.Dispose);
        await connection.SendAsync($$"""{"type":"register","peerId":"{{Id}}"{{(_kind == PeerKind.Acks ? ""","acks":true,"presence":"none" """ : "")}}}""");
        return await connection.ReadAsync() is { } answer && answer.GetProperty("type").ValueEquals("registered");
    }

    /// <summary>What has no answer goes again, in order, before anything newer.</summary>
    private void Begin(Connection connection)
    {
        bool isDraining;
        lock (_gate)
        {
            (_connection, _goneFor, _forgotten, isDraining) = (connection, TimeSpan.Zero, null, _isDraining);
            _lastHeard = Stopwatch.GetTimestamp();
            _again.Clear();
            foreach (var message in _open.Values) _again.Enqueue(message);
        }
        _registered.TrySetResult();
        StartSending();
        if (isDraining) _ = SendFenceAsync(connection);
    }

    private async Task LeaveAsync(Connection connection)
    {
        if (Random(0, 4) == 0)                                      // its network is gone, and it does not know yet
        {
            connection.Deafen();
            await DelayAsync(0, 300);
        }
        if (_absence == Absence.Overtakes || (_absence == Absence.Both && Random(0, 2) == 0)) return;
        if (Random(0, 2) == 0) await connection.CloseAsync();
        else connection.Dispose();
        End(connection, isLeave: true);
        await DelayAsync(0, 2_000);
    }

    private int Random(int least, int below)
    {
        lock (_gate) return _random.Next(least, below);
    }

    /// <summary>Until it is to stay, at the latest.</summary>
    private Task DelayAsync(int least, int most) => Task.Delay(Random(least, most), _settle.Token).ContinueWith(_ => { }, TaskScheduler.Default);

    private Task PauseAsync(TimeSpan time) => Task.Delay(time, _end.Token).ContinueWith(_ => { }, TaskScheduler.Default);

    private void StartSending()
    {
        lock (_gate)
        {
            if (_isSending) return;
            _isSending = true;
        }
        _ = SendAsync();
    }

    /// <summary>Runs at most once at a time, so that messages leave in order.</summary>
    private async Task SendAsync()
    {
        while (Next() is { } next)
        {
            _history.Add(new Sent(Id, next.Message.To, next.Message.Number, next.Connection.Incarnation, next.Message.Receipt, next.Message.Due));
            await next.Connection.SendAsync(Json(next.Message));
        }
    }

    private (Connection Connection, Outgoing Message)? Next()
    {
        lock (_gate)
        {
            if (_connection is { IsOver: false } connection)
            {
                if (_again.TryDequeue(out var again)) return (connection, again);
                if (_open.Count < Window && _waiting.TryDequeue(out var message))
                {
                    if (message.Receipt) _open.Add(message.Number, message);
                    return (connection, message);
                }
            }
            _isSending = false;
            LookWhetherAnswered();
            return null;
        }
    }

    private async Task ReadAsync(Connection connection)
    {
        while (await connection.ReadAsync() is { } frame)
        {
            Volatile.Write(ref _lastHeard, Stopwatch.GetTimestamp());
            switch (frame.GetProperty("type").GetString())
            {
                case "receipt":
                    Answer(frame.GetProperty("id"), frame.GetProperty("status").ValueEquals("stored") ? Outcome.Stored : Outcome.Delivered, null);
                    break;
                case "peer-offline":
                    Confirm(frame.GetProperty("messageId"), frame.GetProperty("peerId").GetString()!);
                    break;
                case "error" when frame.TryGetProperty("id", out var id):
                    Answer(id, Outcome.Refused, frame.GetProperty("code").GetString());
                    break;
                case "goaway":
                    _goneFor = TimeSpan.FromMilliseconds(frame.GetProperty("reconnectAfterMs").GetInt32());
                    break;
                case "offline-message":
                    await TakeAsync(connection, frame, frame.GetProperty("originalMessage"));
                    break;
                case "message":
                    await TakeAsync(connection, frame, frame);
                    break;
            }
        }
        End(connection, isLeave: false);
    }

    private async Task TakeAsync(Connection connection, JsonElement frame, JsonElement message)
    {
        var from = message.GetProperty("from").GetString()!;
        long? seq = _kind == PeerKind.Acks ? frame.GetProperty("seq").GetInt64() : null;
        if (from == Id) _drained.TrySetResult();
        else _history.Add(new Received(Id, Payload.SenderOf(message, from), Payload.NumberOf(message), seq));
        if (seq is { } number && !IsForgotten(number)) await AcknowledgeAsync(connection, number);
    }

    /// <summary>Those that come and go do not acknowledge everything before they go.</summary>
    private bool IsForgotten(long seq)
    {
        lock (_gate)
        {
            var isForgotten = _absence != Absence.Never && !_isSettling && _random.Next(4) == 0;
            if (isForgotten) _forgotten = seq;
            return isForgotten;
        }
    }

    private static Task AcknowledgeAsync(Connection connection, long seq) => connection.SendAsync($$"""{"type":"ack","seq":{{seq}}}""");

    private void Answer(JsonElement id, Outcome outcome, string? code)
    {
        lock (_gate)
        {
            if (!_open.Remove(int.Parse(id.GetString()!, CultureInfo.InvariantCulture), out var message)) return;
            _history.Add(new Answered(Id, message.To, message.Number, outcome, code));
            LookWhetherAnswered();
        }
        StartSending();
    }

    /// <summary>To a message without receipt.</summary>
    private void Confirm(JsonElement id, string to) => _history.Add(new Answered(Id, to, int.Parse(id.GetString()!, CultureInfo.InvariantCulture), Outcome.Offline));

    private void LookWhetherAnswered()
    {
        if (_isSettling && _open.Count == 0 && _waiting.Count == 0) _answered.TrySetResult();
    }

    private void End(Connection connection, bool isLeave)
    {
        lock (_gate)
        {
            if (_connection != connection) return;
            _connection = null;
        }
        _history.Add(new Parted(Id, connection.Incarnation, isLeave));
    }

    private Task SendFenceAsync(Connection connection) => connection.SendAsync($$"""{"type":"message","to":"{{Id}}","payload":"fence"}""");

    private string Json(Outgoing message) =>
        $$"""{"type":"message","to":"{{message.To}}","id":"{{message.Number}}"{{(message.Receipt ? ""","receipt":true""" : "")}},"payload":{{Payload.Of(Id, message.Number)}}}""";

    private sealed record Outgoing(int Number, string To, bool Receipt, long? Due);
}
