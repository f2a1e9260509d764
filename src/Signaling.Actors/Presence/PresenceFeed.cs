using Signaling.Actors.Protocol;

namespace Signaling.Actors.Presence;

/// <summary>Who came and who went, written once and read by every connection at its own pace. One writer; readers in parallel.</summary>
/// <remarks>A list that grows at its end and is let go of at its beginning, once the slowest reader has passed: N joins cost N changes in memory, not
/// N². A later change of a peer voids the earlier one, so a reader that is behind gets the last state alone.</remarks>
internal sealed class PresenceFeed
{
    /// <summary>Peers that went whose last change is remembered, to be voided when they return.</summary>
    private const int MaxGone = 4_096;

    private readonly Dictionary<PeerId, PresenceChange> _latest = [];
    private readonly Queue<PresenceChange> _gone = [];
    private PresenceChange _last = new();

    /// <summary>Number of the last change.</summary>
    public long LastNumber => Volatile.Read(ref _last).Number;

    /// <param name="peer">Who came or went.</param>
    /// <param name="isOnline">It came.</param>
    /// <param name="json">The <c>peer-status</c>.</param>
    /// <param name="subject">The connection that the change is about, and is not for; null where it is for all.</param>
    public void Append(PeerId peer, bool isOnline, byte[] json, object? subject)
    {
        var change = new PresenceChange(_last.Number + 1, peer, json, subject);
        if (_latest.TryGetValue(peer, out var before)) before.MakeVoid();
        _latest[peer] = change;
        if (!isOnline) RememberGone(change);
        _last.Next = change;
        Volatile.Write(ref _last, change);
    }

    /// <summary>A reader of what is appended from now on.</summary>
    /// <param name="connection">Whose reader it is: it gets no change of which this is the subject.</param>
    public PresenceReader ReadFromNow(object connection) => new(this, Volatile.Read(ref _last), connection);

    private void RememberGone(PresenceChange change)
    {
        _gone.Enqueue(change);
        if (_gone.Count <= MaxGone) return;
        var oldest = _gone.Dequeue();
        if (_latest.GetValueOrDefault(oldest.Peer) == oldest) _latest.Remove(oldest.Peer);
    }
}
