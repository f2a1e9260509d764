using Signaling.Actors.Hosting;

namespace Signaling.AspNetCore.Transport;

/// <summary>A connection that the node counts as no WebSocket yet, until this is disposed: it has become one, or has ended.</summary>
internal sealed class OpenHandshake : IDisposable
{
    private readonly SignalingNode _node;
    private int _isOver;

    private OpenHandshake(SignalingNode node) => _node = node;

    /// <returns>Null where there are too many of them.</returns>
    public static OpenHandshake? TryBegin(SignalingNode node) => node.TryBeginHandshake() ? new OpenHandshake(node) : null;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isOver, 1) == 0) _node.EndHandshake();
    }
}
