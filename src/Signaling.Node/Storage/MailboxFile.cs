using Microsoft.Data.Sqlite;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;

namespace Signaling.Node.Storage;

/// <summary>A mailbox database as operators' tools see it, also beside a node that runs.</summary>
internal sealed class MailboxFile : IDisposable
{
    private const int MessagesPerStep = 1_000;
    private const int MaxTruncations = 10;                          // each waits a second for whoever reads

    private readonly SqliteConnection _connection;

    private MailboxFile(SqliteConnection connection) => _connection = connection;

    /// <exception cref="InvalidDataException">It is not there, or not what this node can work with.</exception>
    public static MailboxFile Open(string file, bool isReadOnly = false)
    {
        if (!File.Exists(file)) throw new InvalidDataException($"there is no mailbox database '{file}'");
        SqliteConnection? connection = null;
        try
        {
            connection = SqliteMailboxDatabase.OpenConnection(file, isReadOnly ? SqliteOpenMode.ReadOnly : SqliteOpenMode.ReadWrite);
            if (MailboxSchema.Current.Check(connection) is var version && version < MailboxSchema.Current.Version)
                throw new InvalidDataException($"'{file}' was written by an older signaling-node (schema {version}); a node that starts with it brings it up to date");
            return new MailboxFile(connection);
        }
        catch (Exception failure)
        {
            connection?.Dispose();
            throw failure is SqliteException cause ? SqliteFailure.Explain(cause, file) : failure;
        }
    }

    public MailboxFileStats Stats()
    {
        using var row = new SqliteStatement(_connection,
            $"""
            SELECT messages, bytes, log_bytes - bytes, (SELECT count(DISTINCT mailbox) FROM waiting),
            (SELECT accepted_at FROM log WHERE {SqliteReader.IsWaiting} ORDER BY id LIMIT 1)
            FROM state
            """);
        if (!row.Read()) throw new InvalidDataException($"'{_connection.DataSource}' is damaged: its totals are gone");
        return new MailboxFileStats(
            _connection.Query("PRAGMA user_version"), row.Number(0), row.Number(1), row.Number(3),
            row.IsNull(4) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.Number(4)),
            row.Number(2), _connection.Query("PRAGMA freelist_count") * _connection.Query("PRAGMA page_size"));
    }

    /// <summary>What waits for a peer, oldest first.</summary>
    public IReadOnlyList<MessageSummary> List(PeerId peer)
    {
        using var row = new SqliteStatement(_connection,
            "SELECT w.seq, accepted_at, sender, bytes FROM waiting w JOIN log ON log.id = w.log_id WHERE w.mailbox = ? ORDER BY w.seq");
        row.Bind(1, MailboxKey.Of(peer));
        var messages = new List<MessageSummary>();
        while (row.Read()) messages.Add(new MessageSummary(row.Number(0), DateTimeOffset.FromUnixTimeMilliseconds(row.Number(1)), row.Text(2), row.Number(3)));
        return messages;
    }

    /// <summary>Removes a mailbox, the key that the peer id is bound to, and every trace that it or any message which is done with has left in the database's files.</summary>
    /// <param name="peer">Whose.</param>
    /// <param name="alsoSent">Also what the peer sent and waits for others.</param>
    /// <param name="progress">Told the share that is done.</param>
    /// <returns>How many messages waited.</returns>
    /// <exception cref="MailboxStoreException">Another program reads on and on: traces are left.</exception>
    public long RemoveTraces(PeerId peer, bool alsoSent, Action<double> progress)
    {
        using var writer = new SqliteWriter(_connection);
        var removed = 0L;
        for (var last = MessagesPerStep; last == MessagesPerStep;) removed += last = writer.RemoveMailbox(peer, MessagesPerStep);
        for (var last = alsoSent ? MessagesPerStep : 0; last == MessagesPerStep;) removed += last = writer.RemoveSent(peer, MessagesPerStep);
        writer.Unpin(peer);
        Clean(writer, DateTimeOffset.MinValue, progress);
        _connection.Execute("VACUUM");                              // what was removed stands in pages, and in parts of pages, until they are used again
        TruncateLog();
        return removed;
    }

    /// <summary>Binds the peer id to no key any more: whoever registers it next has it.</summary>
    /// <returns>Whether it was bound.</returns>
    public bool Unpin(PeerId peer)
    {
        using var writer = new SqliteWriter(_connection);
        return writer.Unpin(peer);
    }

    /// <summary>Removes what is too old, also from mailboxes that nobody opens, and what is done with.</summary>
    /// <returns>How many messages waited.</returns>
    public long RemoveAcceptedUpTo(DateTimeOffset time, Action<double> progress)
    {
        using var writer = new SqliteWriter(_connection);
        return Clean(writer, time, progress);
    }

    /// <summary>Reads everything: SQLite's structures, each message's checksum, the totals.</summary>
    /// <returns>A sentence for each damage.</returns>
    public IReadOnlyList<string> FindDamage(Action<double> progress)
    {
        // One snapshot for all of it, whatever a node writes meanwhile.
        _connection.Execute("BEGIN");
        try
        {
            var structure = _connection.QueryText("PRAGMA integrity_check(3)");
            if (structure != "ok") return [structure.ReplaceLineEndings(" ")];
            var damage = new List<string>();
            var (all, count, bytes) = (Math.Max(1, _connection.Query("SELECT count(*) FROM waiting")), 0L, 0L);
            using var row = new SqliteStatement(_connection,
                $"SELECT {SqliteReader.MessageColumns}, log.peer, bytes FROM waiting w LEFT JOIN log ON log.id = w.log_id ORDER BY w.log_id");
            for (; row.Read(); progress((double)++count / all))
            {
                bytes += row.Number(7);
                if (!PeerId.TryParse(row.Text(6), out var peer) || SqliteReader.ReadMessage(peer, row) is null)
                    damage.Add($"message {row.Number(0)} for peer {LogText.Escape(row.Text(6))} is damaged");
            }
            using var totals = new SqliteStatement(_connection, "SELECT messages, bytes, log_bytes = (SELECT coalesce(sum(length(json)), 0) FROM log) FROM state");
            if (!totals.Read() || totals.Number(0) != count || totals.Number(1) != bytes || totals.Number(2) == 0) damage.Add("the totals are wrong");
            return damage;
        }
        finally
        {
            _connection.RollBack();
        }
    }

    public void Dispose() => _connection.Dispose();

    /// <summary>Every page's former states are in the -wal file until it is empty.</summary>
    private void TruncateLog()
    {
        for (var i = 0; _connection.Query("PRAGMA wal_checkpoint(TRUNCATE)") != 0; i++)
        {
            if (i == MaxTruncations) throw new MailboxStoreException($"another program reads '{_connection.DataSource}', so what was removed is still in its -wal file; run this again");
        }
    }

    /// <summary>In short steps, between which a node gets its turn.</summary>
    private static long Clean(SqliteWriter writer, DateTimeOffset time, Action<double> progress)
    {
        var (removed, looked, all) = (0L, 0L, Math.Max(1, writer.LogMessages()));
        for (var step = default(RemovalStep); !step.IsDone; progress((double)(looked += MessagesPerStep) / all))
        {
            step = writer.Clean(time, MessagesPerStep, everything: true);
            removed += step.Removed;
        }
        return removed;
    }
}

/// <summary>How much a file holds.</summary>
/// <param name="Schema">Its version.</param>
/// <param name="Messages">That wait.</param>
/// <param name="Bytes">Of their JSON.</param>
/// <param name="Mailboxes">With messages.</param>
/// <param name="Oldest">When the oldest message came that waits.</param>
/// <param name="DoneBytes">Of messages that are done with and have not been cleaned up.</param>
/// <param name="FreeBytes">Of the file.</param>
internal sealed record MailboxFileStats(long Schema, long Messages, long Bytes, long Mailboxes, DateTimeOffset? Oldest, long DoneBytes, long FreeBytes);

/// <summary>A message without what it says.</summary>
internal sealed record MessageSummary(long Seq, DateTimeOffset AcceptedAt, string Sender, long Bytes);
