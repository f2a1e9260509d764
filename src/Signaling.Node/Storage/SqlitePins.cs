using Signaling.Actors.Protocol;
using Signaling.Node.Auth;

namespace Signaling.Node.Storage;

/// <summary>Keeps which key each peer id is bound to beside the mailboxes. New ones that come together are committed together.</summary>
internal sealed class SqlitePins(SqliteMailboxDatabase database, int most, TimeProvider time) : IPins
{
    private const int MostAtOnce = 1_000;

    private readonly Batches<Pin, byte[]?> _new = new(MostAtOnce, atOnce: 1, pins => database.PinAsync(pins, most));

    /// <inheritdoc/>
    public async Task<byte[]?> PinAsync(PeerId peer, ReadOnlyMemory<byte> key) =>
        await database.ReadPinAsync(peer) ?? await _new.AskAsync(new Pin(peer, key, time.GetUtcNow()));
}

/// <summary>A peer id that is to be bound to a key.</summary>
internal sealed record Pin(PeerId Peer, ReadOnlyMemory<byte> Key, DateTimeOffset At);
