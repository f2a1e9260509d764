using Signaling.Actors.Protocol;

namespace Signaling.Actors.Presence;

/// <summary>One peer came or went; the first one of a <see cref="PresenceFeed"/> says nothing. Written once, and shared by all who are told.</summary>
/// <remarks>Nothing that lasts refers to one: each leads to all that follow it.</remarks>
internal sealed class PresenceChange(long number = 0, PeerId peer = default, byte[]? json = null, PeerPresence? presence = null, object? subject = null)
{
    private PresenceChange? _next;

    public long Number { get; } = number;

    public PeerId Peer { get; } = peer;

    /// <summary>The connection that it is about, and is not for.</summary>
    public object? Subject { get; } = subject;

    /// <summary>Null where a later change of the same peer counts instead.</summary>
    public byte[]? Json => presence?.LastChange > Number ? null : json;

    public PresenceChange? Next
    {
        get => Volatile.Read(ref _next);
        set => Volatile.Write(ref _next, value);
    }
}
