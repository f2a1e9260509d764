using Signaling.Actors.Transport;

namespace Signaling.Actors.Presence;

/// <summary>One connection's place in a <see cref="PresenceFeed"/>.</summary>
internal sealed class PresenceReader(PresenceFeed feed, PresenceChange position, object connection) : IPresenceReader
{
    private PresenceChange _position = position;

    /// <inheritdoc/>
    public bool HasNews => Volatile.Read(ref _position).Next is not null;

    /// <summary>How many changes it is behind; to be asked from any thread.</summary>
    public long Behind => feed.LastNumber - Volatile.Read(ref _position).Number;

    /// <inheritdoc/>
    public bool TryRead(out ReadOnlyMemory<byte> json)
    {
        while (_position.Next is { } next)
        {
            Volatile.Write(ref _position, next);
            if (next.Json is not { } bytes || Equals(next.Subject, connection)) continue;
            json = bytes;
            return true;
        }
        json = default;
        return false;
    }
}
