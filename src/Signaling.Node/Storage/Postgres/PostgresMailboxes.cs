using Npgsql;
using Signaling.Actors.Protocol;

namespace Signaling.Node.Storage.Postgres;

/// <summary>The mailboxes in PostgreSQL as operators' tools see them, also beside nodes that run.</summary>
internal sealed class PostgresMailboxes : IAsyncDisposable
{
    private const int MessagesPerStep = 1_000;

    /// <summary>Of which every database has a row: what tools remove is counted there.</summary>
    private const long NoNode = 0;

    /// <summary>A statement may read everything.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromHours(1);

    private readonly PostgresPool _pool;
    private readonly PostgresSql _sql;

    private PostgresMailboxes(PostgresPool pool) => (_pool, _sql) = (pool, new PostgresSql(pool.Schema));

    /// <inheritdoc cref="PostgresPool.Place"/>
    public string Place => _pool.Place;

    /// <exception cref="InvalidDataException">They are not there, or not what this node can work with.</exception>
    public static async Task<PostgresMailboxes> OpenAsync(StoreOptions options)
    {
        var pool = new PostgresPool(new StoreOptions { ConnectionString = options.ConnectionString, Schema = options.Schema, Timeout = Timeout });
        try
        {
            var version = await pool.DoAsync(connection => PostgresSchema.Current.CheckAsync(connection, pool.Schema));
            if (version == 0) throw new InvalidDataException($"there are no mailboxes in the schema '{options.Schema}' of that database");
            if (version < PostgresSchema.Current.Version)
                throw new InvalidDataException($"the mailboxes there are of an older signaling-node (schema {version}); a node that starts with them brings them up to date");
            return new PostgresMailboxes(pool);
        }
        catch
        {
            await pool.DisposeAsync();
            throw;
        }
    }

    public Task<PostgresStats> StatsAsync() => QueryAsync(_sql.Stats, [], async row =>
    {
        await row.ReadAsync();
        return new PostgresStats(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), await row.IsDBNullAsync(3) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(3)), row.GetInt64(4), row.GetInt64(5));
    });

    /// <summary>What waits for a peer, oldest first.</summary>
    public Task<IReadOnlyList<MessageSummary>> ListAsync(PeerId peer) => QueryAsync<IReadOnlyList<MessageSummary>>(_sql.List, [peer.Value], async row =>
    {
        var messages = new List<MessageSummary>();
        while (await row.ReadAsync()) messages.Add(new MessageSummary(row.GetInt64(0), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(1)), row.GetString(2), row.GetInt32(3)));
        return messages;
    });

    /// <summary>Removes what waits for a peer, and the key that it is bound to.</summary>
    /// <param name="peer">Whose.</param>
    /// <param name="alsoSent">Also what the peer sent and waits for others.</param>
    /// <returns>How many messages waited.</returns>
    public async Task<long> RemoveAsync(PeerId peer, bool alsoSent)
    {
        var removed = await RemoveAsync(_sql.RemoveMailbox, peer.Value);
        if (alsoSent) removed += await RemoveAsync(_sql.RemoveSent, peer.Value);
        await UnpinAsync(peer);
        return removed;
    }

    /// <summary>Removes what is too old, also from mailboxes that nobody opens.</summary>
    /// <returns>How many messages waited.</returns>
    public Task<long> RemoveAcceptedUpToAsync(DateTimeOffset time) => RemoveAsync(_sql.RemoveOld, time.ToUnixTimeMilliseconds());

    /// <summary>Binds the peer id to no key any more: whoever registers it next has it.</summary>
    /// <returns>Whether it was bound.</returns>
    public Task<bool> UnpinAsync(PeerId peer) => QueryAsync(_sql.Unpin, [peer.Value], row => row.ReadAsync());

    public ValueTask DisposeAsync() => _pool.DisposeAsync();

    /// <summary>In short steps, so that no node waits for long.</summary>
    private async Task<long> RemoveAsync(string sql, object which)
    {
        var removed = 0L;
        for (var last = (long)MessagesPerStep; last == MessagesPerStep; removed += last)
        {
            var (difference, _) = await _pool.DoAsync(connection => _sql.RemoveAsync(connection, sql, NoNode, which, MessagesPerStep));
            last = -difference.Messages;
        }
        return removed;
    }

    private Task<T> QueryAsync<T>(string sql, object[] values, Func<NpgsqlDataReader, Task<T>> read) => _pool.DoAsync(async connection =>
    {
        await using var batch = connection.CreateBatch();
        batch.Add(sql, values);
        await using var reader = await batch.ExecuteReaderAsync();
        return await read(reader);
    });
}

/// <summary>How much a database holds.</summary>
/// <param name="Messages">That wait.</param>
/// <param name="Bytes">Of their JSON.</param>
/// <param name="Mailboxes">With messages.</param>
/// <param name="Oldest">When the oldest message came that waits.</param>
/// <param name="Size">Bytes of all tables and their indexes.</param>
/// <param name="Nodes">That run.</param>
internal sealed record PostgresStats(long Messages, long Bytes, long Mailboxes, DateTimeOffset? Oldest, long Size, long Nodes);
