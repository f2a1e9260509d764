namespace Signaling.Client;

/// <summary>The numbered messages of one sender's session: passed on once each and in their order.</summary>
/// <remarks>
/// A message that is sent again comes behind those that were sent after it, if the node refused it, or forgot that it had it. What comes before its turn
/// is held. A number that nobody waits for any more, says <c>oldest</c>, is not waited for here either; nor is one that does not come in time.
/// </remarks>
internal sealed class IncomingStream
{
    /// <summary>More than a sender has unanswered.</summary>
    private const int MaxHeld = 256;

    private readonly SortedDictionary<int, PeerMessage> _held = [];
    private readonly Dictionary<int, PeerMessage> _passed = [];     // and not processed yet
    private readonly HashSet<int> _missing = [];                    // not waited for any more; may still come
    private int _next;

    /// <param name="number">The first that came.</param>
    /// <param name="oldest">What the sender said with it. Null where it does not say: then some before the first may come behind it.</param>
    public IncomingStream(int number, int? oldest)
    {
        _next = oldest ?? number;
        if (oldest is not null) return;
        for (var before = Math.Max(1, number - MaxHeld); before < number; before++) _missing.Add(before);
    }

    /// <summary>For the memory's bound: when it was used, in any order that rises.</summary>
    public long LastUse { get; set; }

    /// <summary>Since when a message has been held; null where none is.</summary>
    public long? HeldSince { get; private set; }

    /// <summary>It has messages that the application has not processed.</summary>
    public bool IsBusy => _held.Count > 0 || _passed.Count > 0;

    /// <summary>Takes a message.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="oldest">The lowest number that its sender waited for then.</param>
    /// <param name="message">It.</param>
    /// <param name="now">A timestamp.</param>
    /// <param name="pass">Called with each message whose turn it is.</param>
    /// <returns>The message; where it came before, the one that came first, or null where that is processed.</returns>
    public PeerMessage? Accept(int number, int? oldest, PeerMessage message, long now, Action<PeerMessage> pass)
    {
        if (oldest > _next && oldest <= number) SkipTo(oldest.Value, pass);
        if (number >= _next)
        {
            if (_held.TryGetValue(number, out var waiting)) return waiting;
            _held.Add(number, message);
        }
        else if (_missing.Remove(number))
        {
            Pass(number, message, pass);
        }
        else
        {
            return _passed.GetValueOrDefault(number);
        }
        PassInOrder(now, pass);
        if (_held.Count > MaxHeld) CloseGap(now, pass);
        return message;
    }

    /// <summary>What is missing before the first that is held is not waited for any longer.</summary>
    public void CloseGap(long now, Action<PeerMessage> pass)
    {
        var first = _held.Keys.First();
        for (var missing = Math.Max(_next, first - MaxHeld); missing < first; missing++) _missing.Add(missing);
        while (_missing.Count > MaxHeld) _missing.Remove(_missing.Min());
        _next = first;
        HeldSince = null;
        PassInOrder(now, pass);
    }

    public void WaitAnew(long now) => HeldSince = now;

    public void Processed(int number) => _passed.Remove(number);

    private void SkipTo(int oldest, Action<PeerMessage> pass)
    {
        while (_held.Count > 0 && _held.First() is var (number, message) && number < oldest)
        {
            _held.Remove(number);
            Pass(number, message, pass);
        }
        _next = oldest;
    }

    private void PassInOrder(long now, Action<PeerMessage> pass)
    {
        var before = _next;
        while (_held.Remove(_next, out var message)) Pass(_next++, message, pass);
        if (_held.Count == 0) HeldSince = null;
        else if (HeldSince is null || _next != before) HeldSince = now;
    }

    private void Pass(int number, PeerMessage message, Action<PeerMessage> pass)
    {
        _passed.Add(number, message);
        pass(message);
    }
}
