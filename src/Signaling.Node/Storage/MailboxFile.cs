using Microsoft.Data.Sqlite;
using Signaling.Actors.Protocol;

namespace Signaling.Node.Storage;

/// <summary>A mailbox database as operators' tools see it, also beside a node that runs.</summary>
internal sealed class MailboxFile : IDisposable
{
    private const int RemovedPerStep = 1_000;

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
        using var command = _connection.Prepare(
            "SELECT messages, bytes, (SELECT count(DISTINCT peer) FROM messages), (SELECT min(accepted_at) FROM messages) FROM state");
        using var row = command.ExecuteReader();
        if (!row.Read()) throw new InvalidDataException($"'{_connection.DataSource}' is damaged: its totals are gone");
        return new MailboxFileStats(
            _connection.Query("PRAGMA user_version"), row.GetInt64(0), row.GetInt64(1), row.GetInt64(2),
            row.IsDBNull(3) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(3)),
            _connection.Query("PRAGMA freelist_count") * _connection.Query("PRAGMA page_size"));
    }

    /// <summary>What waits for a peer, oldest first.</summary>
    public IReadOnlyList<MessageSummary> List(PeerId peer)
    {
        using var command = _connection.Prepare("SELECT seq, accepted_at, sender, length(json) FROM messages WHERE peer = $peer ORDER BY seq", ("$peer", SqliteType.Text));
        command.Parameters[0].Value = peer.Value;
        using var row = command.ExecuteReader();
        var messages = new List<MessageSummary>();
        while (row.Read()) messages.Add(new MessageSummary(row.GetInt64(0), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(1)), row.GetString(2), row.GetInt64(3)));
        return messages;
    }

    /// <returns>How many messages went.</returns>
    public long RemoveMailbox(PeerId peer)
    {
        using var writer = new SqliteWriter(_connection);
        return Steps(() => writer.RemoveMailbox(peer, RemovedPerStep), _ => { });
    }

    /// <returns>How many messages went.</returns>
    public long RemoveAcceptedUpTo(DateTimeOffset time, Action<double> progress)
    {
        using var writer = new SqliteWriter(_connection);
        var all = Math.Max(1, writer.Totals.Messages);
        return Steps(() => writer.RemoveAcceptedUpTo(time, RemovedPerStep), removed => progress((double)removed / all));
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
            var (all, count, bytes) = (Math.Max(1, _connection.Query("SELECT count(*) FROM messages")), 0L, 0L);
            using var command = _connection.Prepare("SELECT seq, accepted_at, sender, message_id, checksum, json, peer FROM messages ORDER BY id");
            using var row = command.ExecuteReader();
            for (; row.Read(); progress((double)++count / all))
            {
                bytes += row.GetFieldValue<byte[]>(5).Length;
                if (!PeerId.TryParse(row.GetString(6), out var peer) || SqliteReader.ReadMessage(peer, row) is null)
                    damage.Add($"message {row.GetInt64(0)} for peer {LogText.Escape(row.GetString(6))} is damaged");
            }
            if (_connection.Query("SELECT messages FROM state") != count || _connection.Query("SELECT bytes FROM state") != bytes) damage.Add("the totals are wrong");
            return damage;
        }
        finally
        {
            _connection.RollBack();
        }
    }

    public void Dispose() => _connection.Dispose();

    /// <summary>Short steps, between which a node gets its turn.</summary>
    private static long Steps(Func<int> step, Action<long> tell)
    {
        var removed = 0L;
        for (var last = RemovedPerStep; last == RemovedPerStep; tell(removed)) removed += last = step();
        return removed;
    }
}

/// <summary>How much a file holds.</summary>
internal sealed record MailboxFileStats(long Schema, long Messages, long Bytes, long Mailboxes, DateTimeOffset? Oldest, long FreeBytes);

/// <summary>A message without what it says.</summary>
internal sealed record MessageSummary(long Seq, DateTimeOffset AcceptedAt, string Sender, long Bytes);
