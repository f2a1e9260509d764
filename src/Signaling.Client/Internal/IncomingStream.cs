namespace Signaling.Client;

/// <summary>The numbered messages of one sender's session: passed on once each and in their order.</summary>
/// <remarks>
/// A number below the sender's <c>oldestPending</c> has its receipt, or was given up: it is here, or in the mailbox before whatever says so, or never comes. One from there on
/// is sent again until it has a receipt, behind later ones where the node refused it; so these are held for it. But not for ever: a sender may be gone.
/// </remarks>
internal sealed class IncomingStream(int oldestPending)
{
    private readonly SortedDictionary<int, (PeerMessage Message, int Size)> _held = [];
    private readonly Dictionary<int, PeerMessage> _passed = [];     // and not processed yet
    private readonly HashSet<int> _missing = [];                    // not waited for any more; may still come
    private int _next = oldestPending;

    /// <summary>For the memory's bound: when it was used, in any order that rises.</summary>
    public long LastUse { get; set; }

    /// <summary>Since when a message has been held; null where none is.</summary>
    public long? HeldSince { get; private set; }

    public int Held => _held.Count;

    public int HeldBytes { get; private set; }

    /// <summary>It has messages that the application has not processed.</summary>
    public bool IsBusy => _held.Count > 0 || _passed.Count > 0;

    /// <summary>Takes a message.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="oldestPending">What its sender said with it.</param>
    /// <param name="message">It.</param>
    /// <param name="size">Its bytes.</param>
    /// <param name="now">A timestamp.</param>
    /// <param name="pass">Called with each message whose turn it is.</param>
    /// <returns>The message; where it came before, the one that came first, or null where that is processed.</returns>
    public PeerMessage? Accept(int number, int oldestPending, PeerMessage message, int size, long now, Action<PeerMessage> pass)
    {
        if (oldestPending > _next) SkipTo(oldestPending, pass);
        if (number < _next)
        {
            if (!_missing.Remove(number)) return _passed.GetValueOrDefault(number);
            Pass(number, message, pass);
        }
        else if (!_held.TryAdd(number, (message, size)))
        {
            return _held[number].Message;
        }
        else
        {
            HeldBytes += size;
        }
        PassInOrder(now, pass);
        return message;
    }

    /// <summary>What is missing before the first that is held is not waited for any longer.</summary>
    public void CloseGap(long now, Action<PeerMessage> pass)
    {
        for (var first = _held.Keys.First(); _next < first; _next++) _missing.Add(_next);
        PassInOrder(now, pass);
    }

    /// <summary>What is missing could not come until now.</summary>
    public void WaitAnew(long now) => HeldSince = now;

    public void Processed(int number) => _passed.Remove(number);

    private void SkipTo(int oldestPending, Action<PeerMessage> pass)
    {
        while (_held.Count > 0 && _held.Keys.First() is var first && first < oldestPending) Release(first, pass);
        _next = oldestPending;
        _missing.Clear();
    }

    private void PassInOrder(long now, Action<PeerMessage> pass)
    {
        var before = _next;
        while (Release(_next, pass)) _next++;
        if (_held.Count == 0) HeldSince = null;
        else if (HeldSince is null || _next != before) HeldSince = now;
    }

    private bool Release(int number, Action<PeerMessage> pass)
    {
        if (!_held.Remove(number, out var held)) return false;
        HeldBytes -= held.Size;
        Pass(number, held.Message, pass);
        return true;
    }

    private void Pass(int number, PeerMessage message, Action<PeerMessage> pass)
    {
        _passed.Add(number, message);
        pass(message);
    }
}
