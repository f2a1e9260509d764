namespace Signaling.Actors.Connections;

/// <summary>Messages from the mailboxes that the socket was given and that are not known to be delivered, in the order they were sent.</summary>
internal sealed class UnconfirmedMessages
{
    /// <summary>So much is worth telling the mailboxes at once: they hold what they handed over until they hear of it.</summary>
    private const int Many = 64;
    private const int ManyBytes = 262_144;

    private readonly Queue<(long Number, Registration Registration, long Seq, int Bytes)> _inOrder = [];
    private long _bytes;

    public bool IsEmpty => _inOrder.Count == 0;

    /// <summary>A mailbox hands over no more bytes than its window has room for, so it may be waiting to hear of these.</summary>
    public bool HasManyBytes => _bytes >= ManyBytes;

    /// <summary>A mailbox's message was sent as the socket's message <paramref name="number"/>.</summary>
    /// <returns>Whether it is time to confirm.</returns>
    public bool Add(long number, Registration registration, long seq, int bytes)
    {
        _inOrder.Enqueue((number, registration, seq, bytes));
        _bytes += bytes;
        return _inOrder.Count % Many == 0 || HasManyBytes;
    }

    /// <summary>Everything up to the socket's message <paramref name="number"/> is delivered.</summary>
    public void Delivered(long number)
    {
        while (_inOrder.TryPeek(out var first) && first.Number <= number)
        {
            _inOrder.Dequeue();
            _bytes -= first.Bytes;
            first.Registration.Through = first.Seq;
        }
        if (IsEmpty) _inOrder.TrimExcess(0);
    }

    public void Clear()
    {
        _inOrder.Clear();
        _bytes = 0;
    }
}
