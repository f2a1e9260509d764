using System.Globalization;
using System.Text;

namespace Signaling.Client;

/// <summary>The messages to one recipient: sent in order, numbered without gaps, and sent again in order until each is answered.</summary>
/// <remarks>
/// A message says in <c>oldestPending</c> which is the lowest number without an answer, so that its recipient knows what it may still have to wait for: one
/// that was refused comes after those that were sent behind it.
/// </remarks>
internal sealed class OutgoingStream(string session, int window)
{
    /// <summary>Most bytes without an answer, beside one message. A recipient has 1 MiB unacknowledged at most, and must find there what it waits for.</summary>
    private const int MaxBytes = 262_144;

    private readonly Queue<OutgoingMessage> _waiting = [];
    private readonly SortedDictionary<int, OutgoingMessage> _unanswered = [];
    private int _lastNumber;
    private int _bytes;

    public string Session => session;

    public bool IsIdle => _waiting.Count == 0 && _unanswered.Count == 0;

    /// <summary>Nothing is sent before.</summary>
    public long HeldUntil { get; private set; } = long.MinValue;

    private int Oldest => _unanswered.Keys.First();

    public void Add(OutgoingMessage message) => _waiting.Enqueue(message);

    /// <summary>What was sent and not answered is sent again, in order: the connection that it was sent on is gone.</summary>
    public void SendAgain()
    {
        foreach (var message in _unanswered.Values) message.IsDue = true;
    }

    /// <summary>The frame to send next; null while there is none.</summary>
    /// <param name="now">A timestamp.</param>
    /// <param name="maxBytes">Of a frame. A message beyond fails before it takes a number.</param>
    /// <param name="settled">Raised for each message that leaves without having been sent.</param>
    public byte[]? TakeDue(long now, int maxBytes, Action settled)
    {
        if (now < HeldUntil) return null;
        foreach (var (number, message) in _unanswered)
        {
            if (message.IsDue) return Frame(number, message);
        }
        while (_waiting.TryPeek(out var message))
        {
            if (!message.IsSettled && IsFull(message.Json.Length)) return null;
            _waiting.Dequeue();
            if (message.IsSettled) continue;                        // cancelled: it was counted then
            var frame = Number(message);
            if (frame.Length <= maxBytes) return frame;
            Remove(_lastNumber--, message);
            if (message.Fail(new SignalingException("message-too-large", $"The message has {frame.Length} bytes; the node takes {maxBytes}."))) settled();
        }
        return null;
    }

    /// <returns>The message, where it waited for this.</returns>
    public OutgoingMessage? Answer(int number)
    {
        if (!_unanswered.TryGetValue(number, out var message)) return null;
        Remove(number, message);
        return message;
    }

    /// <summary>The node did not accept it now: it is sent again, and nothing else before that.</summary>
    public OutgoingMessage? Postpone(int number, long until)
    {
        if (!_unanswered.TryGetValue(number, out var message)) return null;
        message.IsDue = true;
        HeldUntil = Math.Max(HeldUntil, until);
        return message;
    }

    public OutgoingMessage? Find(int number) => _unanswered.GetValueOrDefault(number);

    public void Fail(Exception cause)
    {
        foreach (var message in _unanswered.Values.Concat(_waiting)) message.Fail(cause);
        _unanswered.Clear();
        _waiting.Clear();
    }

    private bool IsFull(int more) => _unanswered.Count > 0 && (_lastNumber + 1 - Oldest >= window || _bytes + more > MaxBytes);

    private byte[] Number(OutgoingMessage message)
    {
        _unanswered.Add(++_lastNumber, message);
        _bytes += message.Json.Length;
        return Frame(_lastNumber, message);
    }

    private void Remove(int number, OutgoingMessage message)
    {
        _unanswered.Remove(number);
        _bytes -= message.Json.Length;
    }

    private byte[] Frame(int number, OutgoingMessage message)
    {
        message.IsDue = false;
        var end = string.Create(CultureInfo.InvariantCulture, $$""","id":"{{new MessageId(session, number)}}","receipt":true,"oldestPending":{{Oldest}}}""");
        var body = message.Json.Span[..^1];                         // without the brace
        var frame = new byte[body.Length + end.Length];
        body.CopyTo(frame);
        Encoding.ASCII.GetBytes(end, frame.AsSpan(body.Length));
        return frame;
    }
}
