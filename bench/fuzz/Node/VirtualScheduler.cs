using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace Signaling.Fuzz.Node;

/// <summary>Akka's scheduler on a clock that goes only when it is told to: an hour passes at once, and every run is the same.</summary>
internal sealed class VirtualScheduler(Config config, ILoggingAdapter log) : SchedulerBase(config, log)
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Lock _gate = new();                            // Akka's own actors have threads of their own
    private readonly PriorityQueue<Due, (TimeSpan At, long Number)> _waiting = new();
    private TimeSpan _elapsed;
    private long _scheduled;

    /// <summary>The node's clock.</summary>
    public TimeProvider Time => field ??= new Clock(this);

    public override TimeSpan MonotonicClock => _elapsed;

    public override TimeSpan HighResMonotonicClock => _elapsed;

    protected override DateTimeOffset TimeNow => Start + _elapsed;

    /// <summary>Lets time pass; what is due on the way happens at its moment, with all that follows from it.</summary>
    public void Advance(TimeSpan time, Action settle)
    {
        var end = _elapsed + time;
        while (TakeDue(end) is { } due)
        {
            due();
            settle();
        }
        _elapsed = end;
    }

    protected override void InternalScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
        Add(new Due(() => receiver.Tell(message, sender), cancelable, Timeout.InfiniteTimeSpan), delay);

    protected override void InternalScheduleTellRepeatedly(TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
        Add(new Due(() => receiver.Tell(message, sender), cancelable, interval), initialDelay);

    protected override void InternalScheduleOnce(TimeSpan delay, Action action, ICancelable cancelable) => Add(new Due(action, cancelable, Timeout.InfiniteTimeSpan), delay);

    protected override void InternalScheduleOnce(TimeSpan delay, IRunnable action, ICancelable cancelable) => InternalScheduleOnce(delay, action.Run, cancelable);

    protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable cancelable) => Add(new Due(action, cancelable, interval), initialDelay);

    protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, IRunnable action, ICancelable cancelable) =>
        InternalScheduleRepeatedly(initialDelay, interval, action.Run, cancelable);

    private void Add(Due due, TimeSpan delay)
    {
        lock (_gate) _waiting.Enqueue(due, (_elapsed + delay, _scheduled++));
    }

    private Action? TakeDue(TimeSpan end)
    {
        lock (_gate)
        {
            while (_waiting.TryPeek(out var due, out var when) && when.At <= end)
            {
                _waiting.Dequeue();
                if (due.Cancelable is { IsCancellationRequested: true }) continue;
                _elapsed = when.At > _elapsed ? when.At : _elapsed;
                if (due.Interval > TimeSpan.Zero) _waiting.Enqueue(due, (_elapsed + due.Interval, _scheduled++));
                return due.Action;
            }
            return null;
        }
    }

    private sealed record Due(Action Action, ICancelable? Cancelable, TimeSpan Interval);

    private sealed class Clock(VirtualScheduler scheduler) : TimeProvider
    {
        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => scheduler.TimeNow;

        public override long GetTimestamp() => scheduler._elapsed.Ticks;
    }
}
