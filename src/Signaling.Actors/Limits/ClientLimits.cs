using Signaling.Actors.Protocol;

namespace Signaling.Actors.Limits;

/// <summary>The limits of every client of a node.</summary>
/// <param name="options">What they are.</param>
/// <param name="time">The clock.</param>
internal sealed class ClientLimits(LimitOptions options, TimeProvider time)
{
    /// <summary>A burst is read at ten times the lasting rate, in portions of so many messages: read as fast as it came, 4,000 messages for a peer that is away made the p99 of all others
    /// three to five times as long (bench/hostile).</summary>
    private const int BurstSpeed = 10, AtOnce = 100;

    public LimitOptions Options { get; } = options;

    public TimeProvider Time { get; } = time;

    public MessageLimits OfConnection { get; } = new("a connection", options.MessagesPerSecond, options.MessageBurst, options.BytesPerSecond, options.ByteBurst, time);

    public MessageLimits OfAddress { get; } = new(
        "an address", options.MessagesPerSecondPerAddress, options.MessageBurstPerAddress, options.BytesPerSecondPerAddress, options.ByteBurstPerAddress, time);

    /// <summary>How fast a burst is read.</summary>
    public RateLimit Pace { get; } = new(BurstSpeed * (double)options.MessagesPerSecond, AtOnce, time);

    public RateLimit Questions { get; } = new(options.QuestionsPerMinute / 60.0, options.QuestionBurst, time);
}

/// <summary>What one client has used of them.</summary>
/// <param name="limits">They.</param>
/// <param name="address">What it shares with others; null where its address is not counted.</param>
internal sealed class ClientUsage(ClientLimits limits, AddressUsage? address)
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private HashSet<PeerId>? _recipients;                           // of this minute
    private MessageUsage _messages;
    private long _pace;
    private long _questions;
    private long _minute;

    /// <returns>Null where a message of this size may come.</returns>
    public OverLimit? Message(int bytes)
    {
        if (limits.OfConnection.Take(ref _messages, bytes) is { } over) return over;
        if (address?.Message(limits.OfAddress, bytes) is not { } overAddress) return null;
        limits.OfConnection.GiveBack(ref _messages, bytes);
        return overAddress;
    }

    /// <summary>A message was accepted.</summary>
    /// <returns>For how long to read no further, so that others have their turn; zero where there is no need.</returns>
    public TimeSpan Rest() => limits.Pace.Overdraw(ref _pace, 1);

    /// <returns>Null where it may ask.</returns>
    public OverLimit? Question() =>
        limits.Questions.TryTake(ref _questions, 1, out var wait) ? null : new OverLimit($"a connection may not exceed {limits.Options.QuestionsPerMinute} questions a minute", wait);

    /// <returns>Null where it may send to this peer.</returns>
    public OverLimit? Recipient(PeerId to)
    {
        var now = limits.Time.GetTimestamp();
        if (_recipients is null || limits.Time.GetElapsedTime(_minute, now) >= Minute) (_recipients, _minute) = ([], now);
        if (_recipients.Count >= limits.Options.RecipientsPerMinute && !_recipients.Contains(to))
            return new OverLimit($"a connection may not exceed {limits.Options.RecipientsPerMinute} recipients a minute", Minute - limits.Time.GetElapsedTime(_minute, now));
        _recipients.Add(to);
        return null;
    }
}

/// <summary>Why an input is refused.</summary>
/// <param name="Limit">Who may not exceed what.</param>
/// <param name="RetryAfter">Until it would be accepted.</param>
internal sealed record OverLimit(string Limit, TimeSpan RetryAfter);
