namespace Signaling.Actors.Transport;

/// <summary>Where a socket finds presence of others, at its own pace. Used by one thread at a time.</summary>
public interface IPresenceReader
{
    /// <summary>Something may wait; to be asked from any thread.</summary>
    bool HasNews { get; }

    /// <summary>The next <c>peer-status</c>, as UTF-8. Nobody writes to its bytes.</summary>
    /// <returns>False where nothing waits.</returns>
    bool TryRead(out ReadOnlyMemory<byte> json);
}
