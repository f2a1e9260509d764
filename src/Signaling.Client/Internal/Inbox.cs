namespace Signaling.Client;

/// <summary>The rules of what arrives: each message is passed on once, and a sender's in their order, however often the node delivers it. No I/O; the caller locks.</summary>
internal sealed class Inbox(TimeSpan gapTimeout, TimeProvider time, Action<PeerMessage> pass)
{
    private const int MaxStreams = 4_096;

    /// <summary>How far a number may be ahead of the oldest pending one: 16 windows. What claims more is not of this kind.</summary>
    private const int MaxAhead = 1_024;

    /// <summary>What one sender may have held: the node hands over 1 MiB at most before it is acknowledged, of all of them.</summary>
    private const int MaxHeld = 256, MaxHeldBytes = 524_288;

    private readonly Dictionary<(string From, string Session), IncomingStream> _streams = [];
    private readonly HashSet<IncomingStream> _holding = [];
    private readonly RecentMessages<(string From, string Id)> _byId = new();
    private readonly RecentMessages<(string From, long Seq)> _bySeq = new();
    private long _uses;

    /// <summary>How long until <see cref="CloseGaps"/> has something to do; null where no message is held.</summary>
    public TimeSpan? NextGap
    {
        get
        {
            var since = _holding.Min(stream => stream.HeldSince);
            return since is null ? null : TimeSpan.FromTicks(Math.Max(0, (gapTimeout - time.GetElapsedTime(since.Value)).Ticks));
        }
    }

    /// <summary>Takes a message from the node.</summary>
    /// <param name="message">It.</param>
    /// <param name="seq">Its number in the mailbox.</param>
    /// <param name="size">Its bytes.</param>
    /// <returns>It; where it came before, the one that came first, or null where that is processed.</returns>
    public PeerMessage? Accept(PeerMessage message, long? seq, int size)
    {
        if (message.Content.Text("id") is not { } text) return AcceptBySeq(message, seq);
        if (!MessageId.TryParse(text, out var id) || message.Content.Number("oldestPending") is not { } oldest || oldest < 0 || oldest > id.Number || id.Number - oldest >= MaxAhead)
        {
            return _byId.TryAdd((message.From, text), message) ? Pass(message) : _byId.Find((message.From, text));
        }
        var (stream, now) = (StreamOf((message.From, id.Session), (int)oldest), time.GetTimestamp());
        message.Place = (stream, id.Number);
        var accepted = stream.Accept(id.Number, (int)oldest, message, size, now, pass);
        if (stream.Held > MaxHeld || stream.HeldBytes > MaxHeldBytes) stream.CloseGap(now, pass);
        if (stream.HeldSince is null) _holding.Remove(stream);
        else _holding.Add(stream);
        return accepted;
    }

    /// <summary>The application has it.</summary>
    public static void Processed(PeerMessage message)
    {
        message.IsProcessed = true;
        if (message.Place is var (stream, number)) stream.Processed(number);
    }

    /// <summary>What is missing could not come while there was no connection.</summary>
    public void WaitAnew()
    {
        foreach (var stream in _holding) stream.WaitAnew(time.GetTimestamp());
    }

    /// <summary>Passes on what has been held too long.</summary>
    public void CloseGaps()
    {
        var now = time.GetTimestamp();
        foreach (var stream in _holding.Where(stream => time.GetElapsedTime(stream.HeldSince!.Value, now) >= gapTimeout).ToArray())
        {
            stream.CloseGap(now, pass);
            if (stream.HeldSince is null) _holding.Remove(stream);
        }
    }

    /// <summary>Without an id only its <c>seq</c> tells a message; one that is delivered again comes as <c>offline-message</c>.</summary>
    private PeerMessage? AcceptBySeq(PeerMessage message, long? seq)
    {
        if (seq is not { } number || _bySeq.TryAdd((message.From, number), message)) return Pass(message);
        return message.StoredAt is null ? Pass(message) : _bySeq.Find((message.From, number));
    }

    private PeerMessage Pass(PeerMessage message)
    {
        pass(message);
        return message;
    }

    private IncomingStream StreamOf((string From, string Session) key, int oldestPending)
    {
        if (!_streams.TryGetValue(key, out var stream))
        {
            if (_streams.Count >= MaxStreams) ForgetOne();
            _streams.Add(key, stream = new IncomingStream(oldestPending));
        }
        stream.LastUse = ++_uses;
        return stream;
    }

    private void ForgetOne()
    {
        var (key, stream) = _streams.MinBy(entry => (entry.Value.IsBusy, entry.Value.LastUse));
        if (!stream.IsBusy) _streams.Remove(key);
    }

    /// <summary>The last messages by a key. One that is not processed yet is held by who is to process it; of the others the key is enough.</summary>
    private sealed class RecentMessages<TKey> where TKey : notnull
    {
        private const int Capacity = 4_096;

        private readonly Dictionary<TKey, WeakReference<PeerMessage>> _messages = [];
        private readonly Queue<TKey> _order = [];

        public bool TryAdd(TKey key, PeerMessage message)
        {
            if (!_messages.TryAdd(key, new WeakReference<PeerMessage>(message))) return false;
            _order.Enqueue(key);
            if (_order.Count > Capacity) _messages.Remove(_order.Dequeue());
            return true;
        }

        /// <summary>Null where it is processed.</summary>
        public PeerMessage? Find(TKey key) => _messages[key].TryGetTarget(out var message) && !message.IsProcessed ? message : null;
    }
}
