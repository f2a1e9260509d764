using System.Text.Json;

namespace Signaling.Crash;

/// <summary>Receives, goes away in every way there is, and comes back; ignores what it has had, as the protocol asks of a client.</summary>
internal sealed class Recipient(string id, bool acks, Random random, RunningNode node, DeliveryChecker checker) : IDisposable
{
    /// <summary>Messages that it remembers by sender and id, for what comes again with another <c>seq</c>, or without one.</summary>
    private const int Remembered = 1_000;

    private readonly Lock _gate = new();
    private readonly HashSet<Message> _recent = [];
    private readonly Queue<Message> _inOrder = [];
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Connection> _connections = [];
    private long _lastSeq;

    /// <summary>Messages that came again and were ignored.</summary>
    public int Ignored { get; private set; }

    /// <summary>Runs until it is told to drain, and has all that its mailbox held.</summary>
    /// <remarks>The fence is a message to itself: a mailbox is one line, so everything that was accepted before comes before it. The last connection stays, to confirm.</remarks>
    public async Task RunAsync(CancellationToken drain)
    {
        while (!_drained.Task.IsCompleted)
        {
            var connection = await node.ConnectAsync(id, acks);
            foreach (var former in _connections.SkipLast(1)) former.Dispose();
            _connections.RemoveRange(0, Math.Max(0, _connections.Count - 1));
            _connections.Add(connection);
            var reading = ReadAsync(connection);
            await Task.WhenAny(reading, DelayAsync(random.Next(50, 1_500), drain));
            if (drain.IsCancellationRequested)
            {
                await connection.SendAsync($$"""{"type":"offer","to":"{{id}}"}""");
                await Task.WhenAny(reading, _drained.Task);
                continue;
            }
            await LeaveAsync(connection, drain);
        }
    }

    public void Dispose()
    {
        foreach (var connection in _connections) connection.Dispose();
    }

    private static Task DelayAsync(int milliseconds, CancellationToken drain) => Task.Delay(milliseconds, drain).ContinueWith(_ => { }, TaskScheduler.Default);

    private async Task LeaveAsync(Connection connection, CancellationToken drain)
    {
        var way = random.Next(8);
        if (way is 0 or 1 or 2)                                     // its network is gone, and it does not know yet
        {
            connection.Deafen();
            await DelayAsync(random.Next(500), drain);
        }
        if (way is 0 or 7) return;                                  // the next one takes over, from a dead connection or a live one
        if (way is 1 or 2 or 3) connection.Dispose();
        else await connection.CloseAsync();
        if (random.Next(3) > 0) await DelayAsync(random.Next(1_000), drain);
    }

    private async Task ReadAsync(Connection connection)
    {
        while (await connection.ReadAsync() is { } message)
        {
            var inner = message.TryGetProperty("originalMessage", out var original) ? original : message;
            if (!inner.TryGetProperty("from", out var from)) continue;
            var isFence = from.ValueEquals(id);
            if (!isFence) Take(message, inner);
            if (acks && (isFence || random.Next(3) > 0)) await connection.SendAsync($$"""{"type":"ack","seq":{{message.GetProperty("seq").GetInt64()}}}""");
            if (isFence) _drained.TrySetResult();
        }
    }

    private void Take(JsonElement message, JsonElement inner)
    {
        var (from, number) = (inner.GetProperty("from").GetString()!, inner.GetProperty("n").GetInt32());
        if (!inner.GetProperty("body").ValueEquals(Body.Of(number))) from += ", altered";
        var came = new Message(from, id, number);
        lock (_gate)                                                // at a takeover two connections are read
        {
            if (IsKnown(acks ? message.GetProperty("seq").GetInt64() : null, came)) Ignored++;
            else checker.Received(came);
        }
    }

    private bool IsKnown(long? seq, Message message)
    {
        if (seq <= _lastSeq) return true;
        _lastSeq = seq ?? 0;
        if (!_recent.Add(message)) return true;
        _inOrder.Enqueue(message);
        if (_inOrder.Count > Remembered) _recent.Remove(_inOrder.Dequeue());
        return false;
    }
}
