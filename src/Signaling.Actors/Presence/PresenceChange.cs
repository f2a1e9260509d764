using Signaling.Actors.Protocol;

namespace Signaling.Actors.Presence;

/// <summary>One peer came or went; the first one of a <see cref="PresenceFeed"/> says nothing. Written once, and shared by all who are told.</summary>
internal sealed class PresenceChange(long number = 0, PeerId peer = default, byte[]? json = null, object? subject = null)
{
    private byte[]? _json = json;
    private PresenceChange? _next;

    public long Number { get; } = number;

    public PeerId Peer { get; } = peer;

    /// <summary>The connection that it is about, and is not for.</summary>
    public object? Subject { get; } = subject;

    /// <summary>Null where a later change of the same peer counts instead.</summary>
    public byte[]? Json => Volatile.Read(ref _json);

    public PresenceChange? Next
    {
        get => Volatile.Read(ref _next);
        set => Volatile.Write(ref _next, value);
    }

    public void MakeVoid() => Volatile.Write(ref _json, null);
}
