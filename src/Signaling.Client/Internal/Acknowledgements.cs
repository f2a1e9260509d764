namespace Signaling.Client;

/// <summary>What one connection brought, in the node's order, until it is acknowledged: an <c>ack</c> means everything up to its <c>seq</c>, so it waits for the slowest.</summary>
internal sealed class Acknowledgements
{
    private readonly Queue<(long Seq, PeerMessage? Message)> _open = [];

    /// <param name="seq">The message's number in the mailbox.</param>
    /// <param name="message">What the application must have processed first; null where it has.</param>
    public void Add(long seq, PeerMessage? message) => _open.Enqueue((seq, message));

    /// <summary>The <c>seq</c> that can be acknowledged now; null where none has come to that.</summary>
    public long? TakeDue()
    {
        long? due = null;
        while (_open.TryPeek(out var first) && first.Message is null or { IsProcessed: true }) due = _open.Dequeue().Seq;
        return due;
    }
}
