using Signaling.Actors.Protocol;

namespace Signaling.Actors.Limits;

/// <summary>The limits of every client of a node.</summary>
/// <param name="options">What they are.</param>
/// <param name="time">The clock.</param>
internal sealed class ClientLimits(LimitOptions options, TimeProvider time)
{
    public LimitOptions Options { get; } = options;

    public TimeProvider Time { get; } = time;

    public RateLimit Messages { get; } = new(options.MessagesPerSecond, options.MessageBurst, time);

    public RateLimit Bytes { get; } = new(options.BytesPerSecond, options.ByteBurst, time);

    public RateLimit Questions { get; } = new(options.QuestionsPerMinute / 60.0, options.QuestionBurst, time);
}

/// <summary>What one client has used of them.</summary>
internal sealed class ClientUsage(ClientLimits limits)
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private HashSet<PeerId>? _recipients;                           // of this minute
    private long _messages;
    private long _bytes;
    private long _questions;
    private long _minute;

    /// <returns>Null where a message of this size may come.</returns>
    public OverLimit? Message(int bytes)
    {
        var before = _messages;
        if (!limits.Messages.TryTake(ref _messages, 1, out var wait)) return new OverLimit($"{limits.Options.MessagesPerSecond} messages a second", wait);
        if (limits.Bytes.TryTake(ref _bytes, bytes, out wait)) return null;
        _messages = before;
        return new OverLimit($"{limits.Options.BytesPerSecond} bytes a second", wait);
    }

    /// <returns>Null where it may ask.</returns>
    public OverLimit? Question() =>
        limits.Questions.TryTake(ref _questions, 1, out var wait) ? null : new OverLimit($"{limits.Options.QuestionsPerMinute} questions a minute", wait);

    /// <returns>Null where it may send to this peer.</returns>
    public OverLimit? Recipient(PeerId to)
    {
        var now = limits.Time.GetTimestamp();
        if (_recipients is null || limits.Time.GetElapsedTime(_minute, now) >= Minute) (_recipients, _minute) = ([], now);
        if (_recipients.Count >= limits.Options.RecipientsPerMinute && !_recipients.Contains(to))
            return new OverLimit($"{limits.Options.RecipientsPerMinute} recipients a minute", Minute - limits.Time.GetElapsedTime(_minute, now));
        _recipients.Add(to);
        return null;
    }
}

/// <summary>Why an input is refused.</summary>
/// <param name="Limit">What may not be exceeded, as it stands behind "may not exceed".</param>
/// <param name="RetryAfter">Until it would be accepted.</param>
internal sealed record OverLimit(string Limit, TimeSpan RetryAfter);
