namespace Signaling.Client;

/// <summary>Pauses between attempts: random parts ("full jitter") of a bound that doubles, so that clients which lost their node together do not come back together.</summary>
internal sealed class BackOff(TimeSpan first, TimeSpan limit, Func<double> jitter)
{
    private int _attempts;

    public TimeSpan Next() => After(_attempts++);

    /// <summary>The next pause is a short one again.</summary>
    public void Reset() => _attempts = 0;

    /// <summary>The pause after so many attempts before this one.</summary>
    public TimeSpan After(int attempts)
    {
        var bound = Math.Min(limit.TotalMilliseconds, first.TotalMilliseconds * Math.Pow(2, attempts));
        return TimeSpan.FromMilliseconds(bound * jitter());
    }
}
