namespace Signaling.Client;

/// <summary>What one connection brought, in the node's order, until it is acknowledged: an <c>ack</c> means everything up to its <c>seq</c>, so it waits for the slowest.</summary>
internal sealed class Acknowledgements(TimeProvider time)
{
    /// <summary>An <c>ack</c> counts as a message that this client sends, and the node bounds these.</summary>
    private const int MaxTogether = 32;

    private static readonly TimeSpan MaxDelay = TimeSpan.FromMilliseconds(20);

    private readonly Queue<(long Seq, PeerMessage? Message)> _open = [];
    private long _due;
    private long _dueSince;
    private int _count;

    /// <summary>How long what can be acknowledged waits for more; null where nothing can.</summary>
    public TimeSpan? NextDue => _count == 0 ? null : TimeSpan.FromTicks(Math.Max(0, (MaxDelay - time.GetElapsedTime(_dueSince)).Ticks));

    /// <param name="seq">The message's number in the mailbox.</param>
    /// <param name="message">What the application must have processed first; null where it has.</param>
    public void Add(long seq, PeerMessage? message) => _open.Enqueue((seq, message));

    /// <summary>The <c>seq</c> to acknowledge now; null where none has come to that.</summary>
    /// <param name="isIdle">The application waits: nothing more will be processed in the next moment.</param>
    public long? TakeDue(bool isIdle)
    {
        while (_open.TryPeek(out var first) && first.Message is null or { IsProcessed: true })
        {
            if (_count++ == 0) _dueSince = time.GetTimestamp();
            _due = _open.Dequeue().Seq;
        }
        if (_count == 0 || (!isIdle && _count < MaxTogether && NextDue > TimeSpan.Zero)) return null;
        _count = 0;
        return _due;
    }
}
