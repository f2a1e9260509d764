using Signaling.Actors.Protocol;

namespace Signaling.Actors.Mailboxes;

/// <summary>The calls of a store that are under way: those for one mailbox in the order they were made, all of them together within bounds.</summary>
/// <remarks>A mailbox's writes go on one after the other without waiting. A read starts when the writes before it are done, at once where there are
/// none, and the writes after it start when it is done. Safe for parallel use.</remarks>
internal sealed class StoreCalls(GroupCommitOptions options, Action<WriteCall> write, Action<ReadCall> read)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, Line> _lines = [];
    private readonly TaskCompletionSource _allDone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _count;
    private long _bytes;
    private bool _isClosed;

    /// <summary>Takes a call and starts it in its turn.</summary>
    /// <exception cref="MailboxStoreBusyException">There is no room for it.</exception>
    /// <exception cref="MailboxStoreException">The store is closed.</exception>
    public void Add(StoreCall call)
    {
        ReadCall? next;
        lock (_gate)
        {
            if (_isClosed) throw new MailboxStoreException("The mailbox store is closed.");
            // What removes and reads makes room later, so it is let in for longer.
            var room = call is WriteCall { Write: AppendMessages } ? options.MaxCalls : 2L * options.MaxCalls;
            if (_count >= room || (_count > 0 && call.Bytes > 0 && _bytes + call.Bytes > options.MaxBytes))
                throw new MailboxStoreBusyException($"The mailbox store is behind: {_count} calls with {_bytes} bytes wait for it.");
            _count++;
            _bytes += call.Bytes;
            if (!_lines.TryGetValue(call.Peer, out var line)) _lines.Add(call.Peer, line = new Line());
            line.Waiting.Enqueue(call);
            next = Advance(line);
        }
        if (next is not null) read(next);
    }

    /// <summary>A call has been answered, or will not be.</summary>
    public void Done(StoreCall call)
    {
        ReadCall? next;
        lock (_gate)
        {
            _count--;
            _bytes -= call.Bytes;
            var line = _lines[call.Peer];
            if (call is ReadCall) line.IsReading = false;
            else line.Writes--;
            next = Advance(line);
            if (line.IsIdle) _lines.Remove(call.Peer);
            if (_isClosed && _count == 0) _allDone.TrySetResult();
        }
        if (next is not null) read(next);
    }

    /// <summary>Takes no more calls.</summary>
    /// <returns>Completes when those that were taken are done.</returns>
    public Task CloseAsync()
    {
        lock (_gate)
        {
            _isClosed = true;
            if (_count == 0) _allDone.TrySetResult();
        }
        return _allDone.Task;
    }

    /// <summary>Starts what may start. Writes start here, within the lock, so that none overtakes another.</summary>
    /// <returns>A read to be started outside of the lock: it keeps the line waiting anyway.</returns>
    private ReadCall? Advance(Line line)
    {
        while (!line.IsReading && line.Waiting.TryPeek(out var call))
        {
            if (call is ReadCall reading)
            {
                if (line.Writes > 0) return null;
                line.Waiting.Dequeue();
                line.IsReading = true;
                return reading;
            }
            line.Waiting.Dequeue();
            line.Writes++;
            write((WriteCall)call);
        }
        return null;
    }

    /// <summary>The calls for one mailbox.</summary>
    private sealed class Line
    {
        public Queue<StoreCall> Waiting { get; } = new();

        /// <summary>How many writes have started and are not done.</summary>
        public int Writes { get; set; }

        public bool IsReading { get; set; }

        public bool IsIdle => !IsReading && Writes == 0 && Waiting.Count == 0;
    }
}
