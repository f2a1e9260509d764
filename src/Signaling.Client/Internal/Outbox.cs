namespace Signaling.Client;

/// <summary>The rules of what leaves: one stream for each recipient, a bound for all, pauses that the node asks for. No I/O; the caller locks.</summary>
internal sealed class Outbox(SignalingClientOptions options, Func<string> newSession)
{
    /// <summary>Recipients whose numbering goes on when they are written to again; beyond, idle ones begin anew.</summary>
    private const int MaxStreams = 1_024;

    private readonly Dictionary<string, OutgoingStream> _byRecipient = [];
    private readonly Dictionary<string, OutgoingStream> _bySession = [];
    private readonly LinkedList<OutgoingStream> _turns = new();     // who has nothing to do now stays
    private readonly BackOff _backOff = new(TimeSpan.FromSeconds(1), options.BackOffLimit, options.Jitter);
    private readonly TimeProvider _time = options.TimeProvider;
    private long _pausedUntil = long.MinValue;

    /// <summary>Messages that wait for their turn or their answer.</summary>
    public int Count { get; private set; }

    /// <summary>The largest message that the node takes.</summary>
    public int MaxMessageBytes { get; set; } = 1_000_000;

    /// <summary>When what is held back may be sent; null where nothing is.</summary>
    public TimeSpan? NextDue { get; private set; }

    /// <exception cref="OutboxFullException">It is full.</exception>
    public void Add(OutgoingMessage message)
    {
        if (Count >= options.OutboxCapacity) throw new OutboxFullException(options.OutboxCapacity);
        Count++;
        StreamTo(message.Recipient).Add(message);
    }

    /// <summary>The sender gave up waiting. What was sent already cannot be taken back; its answer is of no interest any more.</summary>
    public void Cancel(OutgoingMessage message, CancellationToken cancellationToken)
    {
        if (message.Cancel(cancellationToken)) Count--;
    }

    /// <summary>A new connection: everything without an answer is sent again, in order.</summary>
    public void SendAgain()
    {
        foreach (var stream in _turns) stream.SendAgain();
    }

    /// <summary>The frame to send next; null while there is none, until <see cref="NextDue"/> or a change. Recipients take turns.</summary>
    public byte[]? TakeDue()
    {
        var now = _time.GetTimestamp();
        NextDue = null;
        if (now < _pausedUntil)
        {
            NextDue = _time.GetElapsedTime(now, _pausedUntil);
            return null;
        }
        for (var node = _turns.First; node is not null; node = node.Next)
        {
            if (node.Value.TakeDue(now, MaxMessageBytes, () => Count--) is { } frame)
            {
                _turns.Remove(node);
                _turns.AddLast(node);
                return frame;
            }
            if (now < node.Value.HeldUntil) NextDue = Earlier(_time.GetElapsedTime(now, node.Value.HeldUntil));
        }
        return null;
    }

    /// <summary>The node has taken responsibility for a message.</summary>
    public void Answer(string id, DeliveryStatus status)
    {
        if (!TryFind(id, out var stream, out var number)) return;
        if (stream.Answer(number) is { } message && message.Complete(status)) Count--;
    }

    /// <summary>The node did not accept a message: it is sent again where the node may change its mind, in its old place; else sending it fails.</summary>
    public void Refuse(string id, SignalingException refusal)
    {
        if (!TryFind(id, out var stream, out var number) || stream.Find(number) is not { } message) return;
        if (refusal.Code == "rate-limited")
        {
            _pausedUntil = Math.Max(_pausedUntil, After(refusal.RetryAfter ?? _backOff.After(0)));
            stream.Postpone(number, long.MinValue);
        }
        else if (refusal.Code is "store-unavailable" or "mailbox-quota" or "recipient-busy" or "not-registered" && message.Refusals < options.RefusalRetries)
        {
            stream.Postpone(number, After(refusal.RetryAfter ?? _backOff.After(message.Refusals++)));
        }
        else if (stream.Answer(number) is not null && message.Fail(refusal))
        {
            Count--;
        }
    }

    /// <summary>Nothing is sent any more.</summary>
    public void Fail(Exception cause)
    {
        foreach (var stream in _turns) stream.Fail(cause);
        Count = 0;
    }

    private long After(TimeSpan pause) => _time.GetTimestamp() + (long)(pause.TotalSeconds * _time.TimestampFrequency);

    private TimeSpan Earlier(TimeSpan due) => NextDue is { } known && known < due ? known : due;

    private bool TryFind(string text, out OutgoingStream stream, out int number)
    {
        (stream, number) = (null!, 0);
        if (!MessageId.TryParse(text, out var id) || !_bySession.TryGetValue(id.Session, out var found)) return false;
        (stream, number) = (found, id.Number);
        return true;
    }

    private OutgoingStream StreamTo(string recipient)
    {
        if (_byRecipient.TryGetValue(recipient, out var known)) return known;
        if (_byRecipient.Count >= MaxStreams) ForgetIdle();
        var stream = new OutgoingStream(newSession(), options.Window);
        _byRecipient.Add(recipient, stream);
        _bySession.Add(stream.Session, stream);
        _turns.AddLast(stream);
        return stream;
    }

    private void ForgetIdle()
    {
        foreach (var (recipient, stream) in _byRecipient.Where(entry => entry.Value.IsIdle).ToArray())
        {
            _byRecipient.Remove(recipient);
            _bySession.Remove(stream.Session);
            _turns.Remove(stream);
        }
    }
}
