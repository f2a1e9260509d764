namespace Signaling.Actors.Presence;

/// <summary>Every change, read by those who are told of everybody, each at its own pace. One writer; readers in parallel.</summary>
/// <remarks>A list that grows at its end and is let go of at its beginning, once the slowest reader has passed: N joins cost N changes in memory, not N².</remarks>
internal sealed class PresenceFeed
{
    private PresenceChange _last = new();

    /// <summary>The last change; who reads from now on begins behind it.</summary>
    public PresenceChange Last => Volatile.Read(ref _last);

    /// <param name="change">Numbered higher than all before.</param>
    public void Append(PresenceChange change)
    {
        _last.Next = change;
        Volatile.Write(ref _last, change);
    }
}
