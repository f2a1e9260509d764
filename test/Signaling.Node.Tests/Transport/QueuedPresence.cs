using Signaling.Actors.Transport;

namespace Signaling.Node.Tests.Transport;

/// <summary>Presence that waits until it is read.</summary>
internal sealed class QueuedPresence : IPresenceReader
{
    private readonly Queue<ReadOnlyMemory<byte>> _waiting = [];

    public bool HasNews => _waiting.Count > 0;

    public void Add(ReadOnlyMemory<byte> json) => _waiting.Enqueue(json);

    public bool TryRead(out ReadOnlyMemory<byte> json) => _waiting.TryDequeue(out json);
}
