namespace Signaling.Actors.Connections;

/// <summary>Messages from the mailboxes that the socket was given and that the client is not known to have, in the order they were sent.</summary>
internal sealed class UnconfirmedMessages
{
    /// <summary>So much is worth asking for at once: the mailboxes hold what they handed over until they hear of it.</summary>
    private const int Many = 64;
    private const int ManyBytes = 262_144;

    private readonly Queue<(long Number, Registration Registration, long Seq, int Bytes, bool IsAwaited)> _inOrder = [];
    private long _bytes;
    private int _awaited;

    public bool IsEmpty => _inOrder.Count == 0;

    /// <summary>Somebody waits for one of them, or they are many.</summary>
    public bool IsUrgent => _awaited > 0 || _inOrder.Count >= Many || _bytes >= ManyBytes;

    /// <summary>A mailbox's message was sent as the socket's delivery <paramref name="number"/>.</summary>
    public void Add(long number, Registration registration, long seq, int bytes, bool isAwaited)
    {
        _inOrder.Enqueue((number, registration, seq, bytes, isAwaited));
        _bytes += bytes;
        if (isAwaited) _awaited++;
    }

    /// <summary>The client has everything up to the socket's delivery <paramref name="number"/>.</summary>
    public void Delivered(long number)
    {
        while (_inOrder.TryPeek(out var first) && first.Number <= number)
        {
            _inOrder.Dequeue();
            _bytes -= first.Bytes;
            if (first.IsAwaited) _awaited--;
            first.Registration.Delivered(first.Seq);
        }
        if (IsEmpty && _inOrder.Capacity > Many) _inOrder.TrimExcess(0);
    }

    public void Clear()
    {
        _inOrder.Clear();
        (_bytes, _awaited) = (0, 0);
    }
}
