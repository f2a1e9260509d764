namespace Signaling.Actors.Mailboxes;

/// <summary>Slows down what happens again and again, such as two live clients that keep replacing each other (the desktop app does, when both its URLs lead to
/// one node).</summary>
/// <remarks>A phone on a bad network replaces its own dead sockets a few times a minute; that is let through at once.</remarks>
internal sealed class Slowdown
{
    /// <summary>So often it may happen at once.</summary>
    public const int Free = 8;

    /// <summary>So long without it, and the count starts anew.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);

    /// <summary>The longest delay; each time beyond the free ones doubles it, from 250 ms.</summary>
    public static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(10);

    private DateTimeOffset _last;
    private int _count;

    /// <summary>True for the one time with which it became apparent.</summary>
    public bool JustNoticed => _count == Free + 1;

    /// <summary>It is about to happen.</summary>
    /// <returns>How long it has to wait.</returns>
    public TimeSpan Next(DateTimeOffset now)
    {
        _count = now - _last >= Quiet ? 1 : _count + 1;
        _last = now;
        if (_count <= Free) return TimeSpan.Zero;
        var doublings = Math.Min(_count - Free - 1, 10);
        var delay = TimeSpan.FromMilliseconds(250 * Math.Pow(2, doublings));
        return delay < MaxDelay ? delay : MaxDelay;
    }
}
