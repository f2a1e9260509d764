namespace Signaling.Actors.Limits;

/// <summary>A token bucket that keeps one number for each client, when its bucket will be full again (the generic cell rate algorithm, ITU-T I.371). A limiter object of
/// System.Threading.RateLimiting takes hundreds of bytes for each, and the time from elsewhere than a <see cref="TimeProvider"/>. Safe for parallel use, and never waits.</summary>
/// <param name="perSecond">Tokens that come back.</param>
/// <param name="burst">Tokens in a full bucket.</param>
/// <param name="time">The clock.</param>
internal sealed class RateLimit(double perSecond, long burst, TimeProvider time)
{
    private readonly double _ticksEach = time.TimestampFrequency / perSecond;

    /// <summary>Takes tokens, where there are so many; all of a full bucket where more are asked for than it holds.</summary>
    /// <param name="full">When the client's bucket will be full, as <see cref="TimeProvider.GetTimestamp"/> counts; 0 before the first time.</param>
    /// <param name="tokens">How many.</param>
    /// <param name="wait">How long until there will be so many; zero where they are taken.</param>
    public bool TryTake(ref long full, long tokens, out TimeSpan wait)
    {
        var now = time.GetTimestamp();
        wait = TimeSpan.Zero;
        while (true)
        {
            var seen = Interlocked.Read(ref full);
            var from = Math.Max(seen, now);
            var then = from + (tokens * _ticksEach);
            var late = from == now ? 0 : then - now - (burst * _ticksEach);
            if (late > 0)
            {
                wait = TimeSpan.FromSeconds(late / time.TimestampFrequency);
                return false;
            }
            if (Interlocked.CompareExchange(ref full, (long)Math.Ceiling(then), seen) == seen) return true;
        }
    }

    /// <summary>Takes tokens also where there are none; of one client one at a time.</summary>
    /// <returns>How long until the bucket is full, where more was taken than it holds; else zero.</returns>
    public TimeSpan Overdraw(ref long full, long tokens)
    {
        var now = time.GetTimestamp();
        var then = Math.Max(full, now) + (tokens * _ticksEach);
        full = (long)Math.Ceiling(then);
        return then - now > burst * _ticksEach ? TimeSpan.FromSeconds((then - now) / time.TimestampFrequency) : TimeSpan.Zero;
    }

    /// <summary>Puts back tokens that were taken for nothing.</summary>
    public void GiveBack(ref long full, long tokens) => Interlocked.Add(ref full, -(long)(tokens * _ticksEach));
}
