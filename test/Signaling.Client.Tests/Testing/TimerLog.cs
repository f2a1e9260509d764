using System.Threading.Channels;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Client.Tests.Testing;

/// <summary>A clock that stands still until a test moves it, and tells when somebody waits for it.</summary>
internal sealed class TimerLog : TimeProvider
{
    private readonly ManualTime _time = new();
    private readonly Channel<TimeSpan> _set = Channel.CreateUnbounded<TimeSpan>();

    public override long TimestampFrequency => _time.TimestampFrequency;

    public override long GetTimestamp() => _time.GetTimestamp();

    public override DateTimeOffset GetUtcNow() => _time.GetUtcNow();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new LoggedTimer(this, _time.CreateTimer(callback, state, dueTime, period));
        _set.Writer.TryWrite(dueTime);
        return timer;
    }

    /// <summary>Completes when somebody has begun to wait for exactly this long.</summary>
    public async Task IsSetAsync(TimeSpan dueTime)
    {
        while (await _set.Reader.ReadAsync().Soon() != dueTime)
        {
            // Another one.
        }
    }

    public void Advance(TimeSpan time) => _time.Advance(time);

    private sealed class LoggedTimer(TimerLog log, ITimer timer) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var isSet = timer.Change(dueTime, period);
            log._set.Writer.TryWrite(dueTime);
            return isSet;
        }

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
