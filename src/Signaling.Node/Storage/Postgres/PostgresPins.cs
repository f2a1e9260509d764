using Npgsql;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;
using Signaling.Node.Auth;

namespace Signaling.Node.Storage.Postgres;

/// <summary>Keeps which key each peer id is bound to beside the mailboxes, for all nodes. Those that are asked for together are looked up, and new ones committed, together.</summary>
/// <remarks>How many there are is counted once a minute, where new ones come: so there may be as many more than the bound as come within that minute at other nodes.</remarks>
internal sealed class PostgresPins : IPins
{
    private const int MostAtOnce = 1_000;

    private static readonly TimeSpan CountInterval = TimeSpan.FromMinutes(1);

    private readonly PostgresPool _pool;
    private readonly PostgresSql _sql;
    private readonly int _most;
    private readonly TimeProvider _time;
    private readonly Batches<Pin, byte[]?> _pins;
    private long _count;
    private long? _countedAt;                                       // a timestamp of the clock

    public PostgresPins(PostgresPool pool, int most, TimeProvider time)
    {
        (_pool, _sql, _most, _time) = (pool, new PostgresSql(pool.Schema), most, time);
        _pins = new Batches<Pin, byte[]?>(MostAtOnce, atOnce: 1, PinAsync);
    }

    /// <inheritdoc/>
    public async Task<byte[]?> PinAsync(PeerId peer, ReadOnlyMemory<byte> key)
    {
        try
        {
            return await _pins.AskAsync(new Pin(peer, key, _time.GetUtcNow()));
        }
        catch (PostgresException failure)
        {
            throw new MailboxStoreException("PostgreSQL refuses to bind the peer id", failure);
        }
    }

    private Task<IReadOnlyList<byte[]?>> PinAsync(IReadOnlyList<Pin> pins) => _pool.DoAsync<IReadOnlyList<byte[]?>>(async connection =>
    {
        var keys = await ReadAsync(connection, pins);
        Pin[] missing = [.. pins.DistinctBy(pin => pin.Peer).Where(pin => !keys.ContainsKey(pin.Peer.Value))];
        if (missing.Length > 0 && await RoomAsync(connection) is > 0 and var room)
        {
            missing = [.. missing.Take((int)Math.Min(room, MostAtOnce))];
            await using var batch = connection.CreateBatch();
            batch.Add(_sql.Pin, [missing.ToArray(pin => pin.Peer.Value), missing.ToArray(pin => pin.Key), missing.ToArray(pin => pin.At.ToUnixTimeMilliseconds())]);
            _count += await batch.ExecuteNonQueryAsync();
            keys = await ReadAsync(connection, pins);
        }
        return pins.ToArray(pin => keys.GetValueOrDefault(pin.Peer.Value));
    });

    private async Task<Dictionary<string, byte[]>> ReadAsync(NpgsqlConnection connection, IReadOnlyList<Pin> pins)
    {
        await using var batch = connection.CreateBatch();
        batch.Add(_sql.ReadPins, [pins.ToArray(pin => pin.Peer.Value)]);
        await using var reader = await batch.ExecuteReaderAsync();
        var keys = new Dictionary<string, byte[]>();
        while (await reader.ReadAsync()) keys.Add(reader.GetString(0), reader.GetFieldValue<byte[]>(1));
        return keys;
    }

    private async Task<long> RoomAsync(NpgsqlConnection connection)
    {
        if (_countedAt is null || _time.GetElapsedTime(_countedAt.Value) >= CountInterval)
        {
            await using var batch = connection.CreateBatch();
            batch.Add(_sql.CountPins, [(long)_most]);
            (_count, _countedAt) = ((long)(await batch.ExecuteScalarAsync())!, _time.GetTimestamp());
        }
        return _most - _count;
    }
}
