namespace Signaling.Actors.Limits;

/// <summary>How many messages may come, and how many bytes of them, over time. Safe for parallel use.</summary>
/// <param name="whose">Who may not exceed it, as a client is told.</param>
/// <param name="perSecond">Messages.</param>
/// <param name="burst">Messages at once.</param>
/// <param name="bytesPerSecond">Bytes.</param>
/// <param name="byteBurst">Bytes at once.</param>
/// <param name="time">The clock.</param>
internal sealed class MessageLimits(string whose, int perSecond, long burst, long bytesPerSecond, long byteBurst, TimeProvider time)
{
    private readonly RateLimit _messages = new(perSecond, burst, time);
    private readonly RateLimit _bytes = new(bytesPerSecond, byteBurst, time);

    /// <returns>Null where a message of this size may come; it is counted then.</returns>
    public OverLimit? Take(ref MessageUsage usage, int bytes)
    {
        if (!_messages.TryTake(ref usage.Messages, 1, out var wait)) return new OverLimit($"{whose} may not exceed {perSecond} messages a second", wait);
        if (_bytes.TryTake(ref usage.Bytes, bytes, out wait)) return null;
        _messages.GiveBack(ref usage.Messages, 1);
        return new OverLimit($"{whose} may not exceed {bytesPerSecond} bytes a second", wait);
    }

    /// <summary>A message that was counted does not come after all.</summary>
    public void GiveBack(ref MessageUsage usage, int bytes)
    {
        _messages.GiveBack(ref usage.Messages, 1);
        _bytes.GiveBack(ref usage.Bytes, bytes);
    }
}

/// <summary>What has been used of such limits, each as <see cref="RateLimit"/> keeps it.</summary>
internal struct MessageUsage
{
    public long Messages;
    public long Bytes;
}
