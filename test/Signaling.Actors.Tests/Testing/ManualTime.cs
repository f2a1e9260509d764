namespace Signaling.Actors.Tests.Testing;

/// <summary>A clock whose timers fire in <see cref="Advance"/>, for what runs without an actor. They fire once, however they were made.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _timers = [];                // those that wait
    private TaskCompletionSource? _idle;
    private TimeSpan _elapsed;

    /// <summary>Timers that wait.</summary>
    public int Timers
    {
        get
        {
            lock (_gate) return _timers.Count;
        }
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp()
    {
        lock (_gate) return _elapsed.Ticks;
    }

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks(GetTimestamp());

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Fires what is due by then, on this thread.</summary>
    public void Advance(TimeSpan time)
    {
        lock (_gate) _elapsed += time;
        while (TakeDue() is { } due) due.Fire();
    }

    /// <summary>Completes when no timer waits: the framework removes its own a moment after what they guarded has come.</summary>
    public Task IdleAsync()
    {
        lock (_gate)
        {
            if (_timers.Count == 0) return Task.CompletedTask;
            return (_idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    private ManualTimer? TakeDue()
    {
        lock (_gate)
        {
            var due = _timers.Where(timer => timer.Due <= _elapsed).MinBy(timer => timer.Due);
            if (due is not null) Remove(due);
            return due;
        }
    }

    private void Set(ManualTimer timer, TimeSpan dueTime)
    {
        lock (_gate)
        {
            _timers.Remove(timer);
            timer.Due = _elapsed + dueTime;
            if (dueTime != Timeout.InfiniteTimeSpan) _timers.Add(timer);
        }
    }

    private void Remove(ManualTimer timer)
    {
        lock (_gate)
        {
            _timers.Remove(timer);
            if (_timers.Count == 0) _idle?.TrySetResult();
        }
    }

    private sealed class ManualTimer(ManualTime time, Action fire) : ITimer
    {
        private bool _isDisposed;

        public TimeSpan Due { get; set; }

        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (_isDisposed) return false;
            time.Set(this, dueTime);
            return true;
        }

        public void Dispose()
        {
            _isDisposed = true;
            time.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
