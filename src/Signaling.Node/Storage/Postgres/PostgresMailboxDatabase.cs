using Npgsql;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Privacy;
using Signaling.Actors.Protocol;
using Signaling.Cluster.Hosting;

namespace Signaling.Node.Storage.Postgres;

/// <summary>The mailboxes of any number of nodes in one PostgreSQL database. A mailbox is written to by whoever has opened it last, and by nobody else.</summary>
/// <remarks>
/// Whoever opens a mailbox writes its generation into <c>owners</c>, and only then reads; whoever writes keeps that row as it is until the commit, and writes nothing where it names
/// another. So what was accepted was its owner's, and an owner has read all that those before it wrote. The row goes when the mailbox is closed, or a day after its node was last seen.
/// A group of writes is one round trip and one transaction; one of openings likewise.
/// Rows are locked in this order, those of a table by peer: owners, messages, nodes. What removes old messages, as other nodes do at the same time, has its own row of nodes first, and passes
/// over messages that others have. So nobody waits for who waits for him.
/// </remarks>
internal sealed partial class PostgresMailboxDatabase : IMailboxDatabase, IClusterWitness
{
    private const int MostOpenings = 100;
    private const int MostRenewals = 1_000;

    /// <summary>Batches of openings, and of renewals, at a time: one that waits for a row does not hold all up.</summary>
    private const int AtOnce = 2;

    /// <summary>So long overdue, messages do not go little by little.</summary>
    private const long MaxDelayMilliseconds = 600_000;

    private readonly PostgresPool _pool;
    private readonly PostgresSql _sql;
    private readonly PostgresTotals _totals = new();
    private readonly Batches<PeerId, OpenedMailbox> _openings;
    private readonly Batches<MailboxOwner, long?> _renewals;
    private readonly ILogger _log;
    private readonly LogNames _names;
    private readonly TimeProvider _time;
    private long _node;

    /// <param name="pool">Stays its owner's.</param>
    /// <param name="log">For operators.</param>
    /// <param name="names">What peers are called there.</param>
    /// <param name="time">The clock of housekeeping.</param>
    public PostgresMailboxDatabase(PostgresPool pool, ILogger log, LogNames names, TimeProvider time)
    {
        (_pool, _log, _names, _time) = (pool, log, names, time);
        _sql = new PostgresSql(_pool.Schema);
        _openings = new Batches<PeerId, OpenedMailbox>(MostOpenings, AtOnce, OpenAsync);
        _renewals = new Batches<MailboxOwner, long?>(MostRenewals, AtOnce, RenewAsync);
    }

    /// <summary>What all nodes' mailboxes hold together: this node's part as of the last commit, the others' as they were five seconds ago.</summary>
    public MailboxTotals Totals => _totals.Sum;

    /// <summary>Connects, and makes the tables or brings them up to date. To be awaited before anything else.</summary>
    /// <exception cref="MailboxStoreException">PostgreSQL cannot be reached, or does not let this node do what it must.</exception>
    /// <exception cref="InvalidDataException">The tables are of a newer node, or the database cannot hold them.</exception>
    public async Task StartAsync()
    {
        await _pool.DoAsync(async connection =>
        {
            await PostgresSchema.Current.ApplyAsync(connection, _pool.Schema);
            await using var add = new NpgsqlCommand(_sql.AddNode, connection);
            _node = (long)(await add.ExecuteScalarAsync())!;
            return true;
        });
        await LookAtOthersAsync();
        _housekeeping = KeepHouseAsync();
    }

    /// <inheritdoc/>
    public Task<IReadOnlySet<MailboxOwner>> CommitAsync(IReadOnlyList<MailboxWrite> writes) => _pool.DoAsync<IReadOnlySet<MailboxOwner>>(async connection =>
    {
        var group = new PostgresGroup(writes);
        await using var batch = connection.CreateBatch();
        batch.Add(_sql.LockOwners, [group.Peers]);
        if (group.Removed is { Count: > 0 } removed) batch.Add(_sql.Remove, [_node, .. OwnersOf(removed), removed.ToArray(entry => entry.Seq)]);
        if (group.Added is { Count: > 0 } added)
        {
            batch.Add(_sql.Add,
            [
                _node, .. OwnersOf(added), added.ToArray(entry => entry.Message.Seq), added.ToArray(entry => entry.Message.AcceptedAt.ToUnixTimeMilliseconds()),
                added.ToArray(entry => entry.Message.From.Value), added.ToArray(entry => entry.Message.Id), added.ToArray(entry => entry.Message.Json),
            ]);
        }
        var owners = new Dictionary<string, long>(group.Peers.Length);
        var difference = default(MailboxTotals);
        await using (var reader = await batch.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync()) owners.Add(reader.GetString(0), reader.GetInt64(1));
            while (await reader.NextResultAsync())
            {
                await reader.ReadAsync();
                difference = new MailboxTotals(difference.Messages + reader.GetInt64(0), difference.Bytes + reader.GetInt64(1));
            }
        }
        _totals.Add(difference);                                    // it is committed once all of the answer has come
        return writes.Select(write => write.Owner).Where(owner => owners.GetValueOrDefault(owner.Peer.Value) != owner.Generation).ToHashSet();
    });

    /// <inheritdoc/>
    public Task<OpenedMailbox> OpenAsync(PeerId peer) => _openings.AskAsync(peer);

    /// <inheritdoc/>
    public async Task<long> NextGenerationAsync(MailboxOwner owner) => await _renewals.AskAsync(owner) ?? throw new MailboxFencedException();

    /// <inheritdoc/>
    public async Task<RemovalStep> RemoveAcceptedUpToAsync(DateTimeOffset time, int most)
    {
        var due = time.ToUnixTimeMilliseconds();
        var (difference, oldest) = await _pool.DoAsync(connection => _sql.RemoveAsync(connection, _sql.RemoveOld, _node, due, most));
        _totals.Add(difference);
        var removed = (int)-difference.Messages;
        return new RemovalStep(removed, IsDone: removed < most, IsBehind: oldest is { } first && first <= due - MaxDelayMilliseconds);
    }

    private static object[] OwnersOf<T>(IReadOnlyList<(MailboxOwner Owner, T)> entries) => [entries.ToArray(entry => entry.Owner.Peer.Value), entries.ToArray(entry => entry.Owner.Generation)];

    /// <summary>One after another where a mailbox is opened more than once: each has a generation of its own.</summary>
    private async Task<IReadOnlyList<OpenedMailbox>> OpenAsync(IReadOnlyList<PeerId> peers)
    {
        var opened = new OpenedMailbox[peers.Count];
        var places = Enumerable.Range(0, peers.Count).ToArray();
        while (places.Length > 0)
        {
            var first = places.DistinctBy(place => peers[place]).ToArray();
            var mailboxes = await OpenAsync([.. first.Select(place => peers[place].Value)]);
            foreach (var place in first) opened[place] = mailboxes[peers[place].Value];
            places = [.. places.Except(first)];
        }
        return opened;
    }

    private Task<Dictionary<string, OpenedMailbox>> OpenAsync(string[] peers) => _pool.DoAsync(async connection =>
    {
        await using var batch = connection.CreateBatch();
        batch.Add(_sql.Open, [_node, peers]);
        batch.Add(_sql.Read, [peers]);
        await using var reader = await batch.ExecuteReaderAsync();
        var mailboxes = new Dictionary<string, OpenedMailbox>(peers.Length);
        while (await reader.ReadAsync()) mailboxes.Add(reader.GetString(0), new OpenedMailbox(reader.GetInt64(1), new List<StoredMessage>()));
        await reader.NextResultAsync();
        while (await reader.ReadAsync())
        {
            var peer = reader.GetString(0);
            if (Read(reader) is { } message) ((List<StoredMessage>)mailboxes[peer].Messages).Add(message);
            else Log.Damaged(_log, reader.GetInt64(1), PeerId.TryParse(peer, out var id) ? _names.Of(id) : "?");
        }
        await reader.NextResultAsync();                             // it is committed once all of the answer has come
        return mailboxes;
    });

    /// <returns>Null where it is none that a node wrote.</returns>
    private static StoredMessage? Read(NpgsqlDataReader row)
    {
        var acceptedAt = row.GetInt64(2);
        return PeerId.TryParse(row.GetString(3), out var sender) && acceptedAt >= 0 && acceptedAt <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            ? new StoredMessage(row.GetInt64(1), sender, row.GetFieldValue<byte[]>(4), DateTimeOffset.FromUnixTimeMilliseconds(acceptedAt), row.GetFieldValue<byte[]>(5))
            : null;
    }

    /// <returns>Null for who is fenced.</returns>
    private async Task<IReadOnlyList<long?>> RenewAsync(IReadOnlyList<MailboxOwner> owners)
    {
        var renewed = new long?[owners.Count];
        var places = Enumerable.Range(0, owners.Count).ToArray();
        while (places.Length > 0)
        {
            var first = places.DistinctBy(place => owners[place]).ToArray();
            var generations = await RenewAsync([.. first.Select(place => owners[place].Peer.Value)], [.. first.Select(place => owners[place].Generation)]);
            foreach (var place in first) renewed[place] = generations.TryGetValue((owners[place].Peer.Value, owners[place].Generation), out var generation) ? generation : null;
            places = [.. places.Except(first)];
        }
        return renewed;
    }

    private Task<Dictionary<(string Peer, long Opened), long>> RenewAsync(string[] peers, long[] generations) => _pool.DoAsync(async connection =>
    {
        await using var batch = connection.CreateBatch();
        batch.Add(_sql.Renew, [peers, generations]);
        await using var reader = await batch.ExecuteReaderAsync();
        var renewed = new Dictionary<(string Peer, long Opened), long>();
        while (await reader.ReadAsync()) renewed.Add((reader.GetString(0), reader.GetInt64(1)), reader.GetInt64(2));
        await reader.NextResultAsync();
        return renewed;
    });

    private static partial class Log
    {
        [LoggerMessage(EventId = 302, Level = LogLevel.Error, Message = "Message {Seq} for peer {Peer} is none that a node wrote, and is left out; somebody has changed the table")]
        public static partial void Damaged(ILogger logger, long seq, string peer);
    }
}
