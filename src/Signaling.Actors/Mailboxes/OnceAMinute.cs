namespace Signaling.Actors.Mailboxes;

/// <summary>Lets a line into the log once a minute at most: what strangers can bring about as often as they like is not to fill it. Safe for parallel use.</summary>
internal sealed class OnceAMinute(TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private long _passedAt;                                         // Unix milliseconds

    /// <summary>Whether it is to be told now.</summary>
    public bool TryPass()
    {
        var (passedAt, now) = (Interlocked.Read(ref _passedAt), time.GetUtcNow().ToUnixTimeMilliseconds());
        return now - passedAt >= Interval.TotalMilliseconds && Interlocked.CompareExchange(ref _passedAt, now, passedAt) == passedAt;
    }
}
