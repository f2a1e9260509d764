using System.Threading.Channels;
using Signaling.Actors.Protocol;
using Signaling.Node.Auth;

namespace Signaling.Node.Storage;

/// <summary>Keeps which key each peer id is bound to beside the mailboxes. New ones that come together are committed together.</summary>
internal sealed class SqlitePins : IPins
{
    private const int MostAtOnce = 1_000;

    private readonly Channel<Call> _calls = Channel.CreateUnbounded<Call>(new UnboundedChannelOptions { SingleReader = true }); // a connection waits for its call: there are no more than connections
    private readonly SqliteMailboxDatabase _database;
    private readonly int _most;
    private readonly TimeProvider _time;

    public SqlitePins(SqliteMailboxDatabase database, int most, TimeProvider time)
    {
        (_database, _most, _time) = (database, most, time);
        _ = Task.Run(WriteAsync);
    }

    /// <inheritdoc/>
    public async Task<byte[]?> PinAsync(PeerId peer, ReadOnlyMemory<byte> key)
    {
        if (await _database.ReadPinAsync(peer) is { } pinned) return pinned;
        var call = new Call(new Pin(peer, key, _time.GetUtcNow()));
        _calls.Writer.TryWrite(call);
        return await call.Bound.Task;
    }

    private async Task WriteAsync()
    {
        var calls = new List<Call>();
        while (await _calls.Reader.WaitToReadAsync())
        {
            calls.Clear();
            while (calls.Count < MostAtOnce && _calls.Reader.TryRead(out var call)) calls.Add(call);
            try
            {
                var bound = await _database.PinAsync([.. calls.Select(call => call.Pin)], _most);
                foreach (var (call, key) in calls.Zip(bound)) call.Bound.SetResult(key);
            }
            catch (Exception failure)
            {
                foreach (var call in calls) call.Bound.TrySetException(failure);
            }
        }
    }

    private sealed record Call(Pin Pin)
    {
        public TaskCompletionSource<byte[]?> Bound { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>A peer id that is to be bound to a key.</summary>
internal sealed record Pin(PeerId Peer, ReadOnlyMemory<byte> Key, DateTimeOffset At);
