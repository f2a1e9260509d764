namespace Signaling.Client;

/// <summary>
/// Registrations that this client sent and gave up unanswered. A node or network that comes back may take one of them after that of a newer connection, and then it is this client
/// that replaced itself.
/// </summary>
internal sealed class LateRegistrations(TimeProvider time)
{
    /// <summary>How long after its connection ended a registration may still come.</summary>
    private static readonly TimeSpan Lateness = TimeSpan.FromSeconds(30);

    private readonly Queue<long> _givenUp = [];

    /// <summary>A connection has ended whose registration was not answered.</summary>
    public void Add()
    {
        ForgetOld();
        _givenUp.Enqueue(time.GetTimestamp());
    }

    /// <summary>Whether one of them may be what replaced a connection; each can do so once.</summary>
    public bool TryTake()
    {
        ForgetOld();
        return _givenUp.TryDequeue(out _);
    }

    private void ForgetOld()
    {
        while (_givenUp.TryPeek(out var end) && time.GetElapsedTime(end) >= Lateness) _givenUp.Dequeue();
    }
}
