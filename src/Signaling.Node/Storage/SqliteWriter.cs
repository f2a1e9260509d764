using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;

namespace Signaling.Node.Storage;

/// <summary>The connection that writes, and its prepared statements; one transaction at a time.</summary>
internal sealed class SqliteWriter : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _begin;
    private readonly SqliteCommand _commit;
    private readonly SqliteCommand _append;
    private readonly SqliteCommand _remove;
    private readonly SqliteCommand _removeOld;
    private readonly SqliteCommand _removeMailbox;
    private readonly SqliteCommand _count;
    private readonly SqliteCommand _reserve;
    private long _addedMessages, _addedBytes;                       // by the transaction that runs

    public SqliteWriter(SqliteConnection connection)
    {
        _connection = connection;
        _begin = connection.Prepare("BEGIN IMMEDIATE");
        _commit = connection.Prepare("COMMIT");
        _append = connection.Prepare(
            """
            INSERT INTO messages (peer, seq, accepted_at, sender, message_id, checksum, json) VALUES ($peer, $seq, $accepted_at, $sender, $message_id, $checksum, $json)
            ON CONFLICT (peer, seq) DO NOTHING
            """,
            ("$peer", SqliteType.Text), ("$seq", SqliteType.Integer), ("$accepted_at", SqliteType.Integer), ("$sender", SqliteType.Text),
            ("$message_id", SqliteType.Blob), ("$checksum", SqliteType.Integer), ("$json", SqliteType.Blob));
        _remove = connection.Prepare(
            "DELETE FROM messages WHERE peer = $peer AND seq = $seq RETURNING length(json)", ("$peer", SqliteType.Text), ("$seq", SqliteType.Integer));
        _removeOld = connection.Prepare(
            """
            DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE accepted_at <= $time ORDER BY accepted_at LIMIT $most) RETURNING length(json)
            """,
            ("$time", SqliteType.Integer), ("$most", SqliteType.Integer));
        _removeMailbox = connection.Prepare(
            "DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE peer = $peer LIMIT $most) RETURNING length(json)",
            ("$peer", SqliteType.Text), ("$most", SqliteType.Integer));
        _count = connection.Prepare(
            "UPDATE state SET messages = messages + $messages, bytes = bytes + $bytes RETURNING messages, bytes",
            ("$messages", SqliteType.Integer), ("$bytes", SqliteType.Integer));
        _reserve = connection.Prepare(
            "UPDATE state SET next_generation = next_generation + $count RETURNING next_generation - $count", ("$count", SqliteType.Integer));
        Totals = InTransaction(() => { });
    }

    /// <summary>What all mailboxes hold together, as of the last commit.</summary>
    public MailboxTotals Totals { get; private set; }

    public void Apply(IReadOnlyList<MailboxWrite> writes) => Totals = InTransaction(() =>
    {
        foreach (var write in writes)
        {
            switch (write)
            {
                case AppendMessages append:
                    Append(append);
                    break;
                case RemoveMessages remove:
                    Remove(remove);
                    break;
            }
        }
    });

    /// <returns>How many went.</returns>
    public int RemoveAcceptedUpTo(DateTimeOffset time, int most) => Remove(_removeOld, time.ToUnixTimeMilliseconds(), most);

    /// <returns>How many went.</returns>
    public int RemoveMailbox(PeerId peer, int most) => Remove(_removeMailbox, peer.Value, most);

    /// <returns>The first one.</returns>
    public long ReserveGenerations(int count)
    {
        var first = 0L;
        Totals = InTransaction(() =>
        {
            _reserve.Parameters[0].Value = count;
            first = (long)_reserve.ExecuteScalar()!;
        });
        return first;
    }

    public void Dispose()
    {
        foreach (var command in new[] { _begin, _commit, _append, _remove, _removeOld, _removeMailbox, _count, _reserve }) command.Dispose();
        _connection.Dispose();
    }

    /// <summary>All of the work, counted, is committed; or nothing of it happened.</summary>
    /// <returns>What is there then.</returns>
    private MailboxTotals InTransaction(Action work)
    {
        (_addedMessages, _addedBytes) = (0, 0);
        try
        {
            _begin.ExecuteNonQuery();
            work();
            var totals = Count();
            _commit.ExecuteNonQuery();
            return totals;
        }
        catch
        {
            _connection.RollBack();
            throw;
        }
    }

    private MailboxTotals Count()
    {
        _count.Parameters[0].Value = _addedMessages;
        _count.Parameters[1].Value = _addedBytes;
        using var row = _count.ExecuteReader();
        if (!row.Read()) throw new InvalidDataException($"'{_connection.DataSource}' is damaged: its totals are gone");
        return new MailboxTotals(row.GetInt64(0), row.GetInt64(1));
    }

    private void Append(AppendMessages append)
    {
        var values = _append.Parameters;
        values[0].Value = append.Peer.Value;
        foreach (var message in append.Messages)
        {
            values[1].Value = message.Seq;
            values[2].Value = message.AcceptedAt.ToUnixTimeMilliseconds();
            values[3].Value = message.From.Value;
            values[4].Value = ArrayOf(message.Id);
            values[5].Value = MessageChecksum.Of(append.Peer, message);
            values[6].Value = ArrayOf(message.Json);
            if (_append.ExecuteNonQuery() == 0) continue;          // is there already
            _addedMessages++;
            _addedBytes += message.Json.Length;
        }
    }

    private void Remove(RemoveMessages remove)
    {
        _remove.Parameters[0].Value = remove.Peer.Value;
        foreach (var seq in remove.Seqs)
        {
            _remove.Parameters[1].Value = seq;
            Uncount(_remove);
        }
    }

    private int Remove(SqliteCommand delete, object which, int most)
    {
        var removed = 0;
        Totals = InTransaction(() =>
        {
            delete.Parameters[0].Value = which;
            delete.Parameters[1].Value = most;
            removed = Uncount(delete);
        });
        return removed;
    }

    private int Uncount(SqliteCommand delete)
    {
        var removed = 0;
        using var sizes = delete.ExecuteReader();
        for (; sizes.Read(); removed++) _addedBytes -= sizes.GetInt64(0);
        _addedMessages -= removed;
        return removed;
    }

    private static byte[] ArrayOf(ReadOnlyMemory<byte> bytes) =>
        MemoryMarshal.TryGetArray(bytes, out var array) && array.Offset == 0 && array.Array!.Length == array.Count ? array.Array : bytes.ToArray();
}
