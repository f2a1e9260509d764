using System.Diagnostics.CodeAnalysis;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Mailboxes;

/// <summary>The calls of a store that are under way: those for one mailbox in the order they were made, all of them together within bounds, each until its
/// caller gives up.</summary>
/// <remarks>A mailbox's writes go on one after the other without waiting. A read starts when the writes before it are done, at once where there are
/// none, and the writes after it start when it is done. Safe for parallel use.</remarks>
internal sealed class StoreCalls
{
    private readonly GroupCommitOptions _options;
    private readonly TimeProvider _time;
    private readonly Action<WriteCall> _write;
    private readonly Action<OpenCall> _read;
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, Line> _lines = [];
    private readonly LinkedList<StoreCall> _unanswered = [];        // oldest first
    private readonly ITimer _timer;                                 // one for all: it goes when the oldest is due, or was
    private readonly TaskCompletionSource _allDone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _count;
    private long _bytes;
    private bool _isTimed;
    private bool _isClosed;

    /// <param name="options">Bounds.</param>
    /// <param name="time">The clock of the time-outs.</param>
    /// <param name="write">Starts a write; called within a lock, in the writes' order.</param>
    /// <param name="read">Starts a read.</param>
    public StoreCalls(GroupCommitOptions options, TimeProvider time, Action<WriteCall> write, Action<OpenCall> read)
    {
        (_options, _time, _write, _read) = (options, time, write, read);
        _timer = time.CreateTimer(_ => GiveUp(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>What a caller hears that has waited for too long.</summary>
    public static MailboxStoreException TooLate(GroupCommitOptions options) => new($"The mailbox store has not answered within {options.Timeout}.");

    /// <summary>Takes a call and starts it in its turn.</summary>
    /// <exception cref="MailboxStoreBusyException">There is no room for it.</exception>
    /// <exception cref="MailboxStoreException">The store is closed.</exception>
    public void Add(StoreCall call)
    {
        OpenCall? next;
        lock (_gate)
        {
            if (_isClosed) throw new MailboxStoreException("The mailbox store is closed.");
            // What removes and reads makes room later, so it is let in for longer.
            var room = call is WriteCall { Write: AppendMessages } ? _options.MaxCalls : 2L * _options.MaxCalls;
            if (_count >= room || (_count > 0 && call.Bytes > 0 && _bytes + call.Bytes > _options.MaxBytes))
                throw new MailboxStoreBusyException($"The mailbox store is behind: {_count} calls with {_bytes} bytes wait for it.");
            _count++;
            _bytes += call.Bytes;
            call.CalledAt = _time.GetTimestamp();
            _unanswered.AddLast(call.Place);
            if (!_isTimed) SetTimer(_options.Timeout);
            if (!_lines.TryGetValue(call.Peer, out var line)) _lines.Add(call.Peer, line = new Line());
            line.Add(call);
            next = Advance(line);
        }
        if (next is not null) _read(next);
    }

    /// <summary>A call has been answered, or will not be.</summary>
    public void Done(StoreCall call)
    {
        OpenCall? next;
        lock (_gate)
        {
            _count--;
            _bytes -= call.Bytes;
            if (call.Place.List is not null) _unanswered.Remove(call.Place);
            var line = _lines[call.Peer];
            line.Done(call);
            next = Advance(line);
            if (line.IsIdle) _lines.Remove(call.Peer);
            if (_isClosed) EndIfDone();
        }
        if (next is not null) _read(next);
    }

    /// <summary>Takes no more calls.</summary>
    /// <returns>Completes when those that were taken are done.</returns>
    public Task CloseAsync()
    {
        lock (_gate)
        {
            _isClosed = true;
            EndIfDone();
        }
        return _allDone.Task;
    }

    private void EndIfDone()
    {
        if (_count > 0) return;
        _timer.Dispose();
        _allDone.TrySetResult();
    }

    /// <summary>Starts what may start. Writes start here, within the lock, so that none overtakes another.</summary>
    /// <returns>A read to be started outside of the lock: it keeps the line waiting anyway.</returns>
    private OpenCall? Advance(Line line)
    {
        while (line.TryStart(out var call))
        {
            if (call is OpenCall reading) return reading;
            _write((WriteCall)call);
        }
        return null;
    }

    /// <summary>The callers that have waited for too long hear it.</summary>
    private void GiveUp()
    {
        var late = new List<StoreCall>();
        lock (_gate)
        {
            _isTimed = false;
            while (_unanswered.First is { } oldest)
            {
                var left = _options.Timeout - _time.GetElapsedTime(oldest.Value.CalledAt);
                if (left > TimeSpan.Zero)
                {
                    SetTimer(left);
                    break;
                }
                _unanswered.RemoveFirst();
                late.Add(oldest.Value);
            }
        }
        foreach (var call in late) call.Abandon(TooLate(_options));
    }

    private void SetTimer(TimeSpan due)
    {
        _isTimed = true;
        _timer.Change(due, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The calls for one mailbox.</summary>
    private sealed class Line
    {
        private Queue<StoreCall>? _behind;                          // most lines have one call, and then end
        private StoreCall? _first;
        private int _writes;                                        // that have started and are not done
        private bool _isReading;

        public bool IsIdle => !_isReading && _writes == 0 && _first is null;

        public void Add(StoreCall call)
        {
            if (_first is null) _first = call;
            else (_behind ??= new Queue<StoreCall>()).Enqueue(call);
        }

        /// <summary>Takes the first call that waits, where it may start.</summary>
        public bool TryStart([NotNullWhen(true)] out StoreCall? call)
        {
            call = _first;
            if (call is null || _isReading || (call is OpenCall && _writes > 0)) return false;
            if (call is OpenCall) _isReading = true;
            else _writes++;
            _first = _behind is not null && _behind.TryDequeue(out var next) ? next : null;
            return true;
        }

        public void Done(StoreCall call)
        {
            if (call is OpenCall) _isReading = false;
            else _writes--;
        }
    }
}
