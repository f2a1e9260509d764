using Microsoft.Data.Sqlite;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;
using SQLitePCL;

namespace Signaling.Node.Storage;

/// <summary>The connection that writes, and its prepared statements; one transaction at a time.</summary>
/// <remarks>Messages are removed from <c>waiting</c>, where those of a mailbox lie side by side; what they leave in the log, scattered over all of it, is cleaned
/// in the order it lies there. Removing each from the log at once was seven times as slow: it rewrites, and rebalances, a page of the log for each
/// (<c>bench/store</c>).</remarks>
internal sealed class SqliteWriter : IDisposable
{
    /// <summary>The whole log is cleaned once this much in it is done with, and half as much as what waits. More than a group of writes takes.</summary>
    private const long WorthCleaningBytes = 16_777_216;

    /// <summary>More than this done with, or this long overdue, and cleaning does not rest.</summary>
    private const long MaxDoneBytes = 16 * WorthCleaningBytes;
    private const long MaxDelayMilliseconds = 600_000;

    private const int CleanedPerStep = 1_000;

    private readonly SqliteConnection _connection;
    private readonly List<SqliteStatement> _statements = [];
    private readonly SqliteStatement _begin, _commit, _add, _log, _remove, _removeMailbox, _removeSent, _look, _clean, _count, _reserve, _pin, _pinned, _unpin;
    private long _lastLogId;
    private long _addedMessages, _addedBytes, _addedLogBytes;       // by the transaction that runs
    private long _logBytes;                                         // as of the last commit
    private CleaningPass? _pass;
    private long _pins;                                             // as of the last commit of this connection: a bound, not a count

    public SqliteWriter(SqliteConnection connection)
    {
        _connection = connection;
        _begin = Prepare("BEGIN IMMEDIATE");
        _commit = Prepare("COMMIT");
        _add = Prepare("INSERT INTO waiting (mailbox, seq, log_id, bytes) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING");
        _log = Prepare("INSERT INTO log (id, mailbox, seq, accepted_at, peer, sender, message_id, checksum, json) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
        _remove = Prepare("DELETE FROM waiting WHERE mailbox = ? AND seq = ? RETURNING bytes");
        _removeMailbox = Prepare("DELETE FROM waiting WHERE (mailbox, seq) IN (SELECT mailbox, seq FROM waiting WHERE mailbox = ? LIMIT ?) RETURNING bytes");
        _removeSent = Prepare(
            $"""
            DELETE FROM waiting WHERE (mailbox, seq) IN (SELECT mailbox, seq FROM log WHERE sender = ? AND {SqliteReader.IsWaiting} LIMIT ?) RETURNING bytes
            """);
        _look = Prepare(
            $"""
            SELECT id, mailbox, seq, accepted_at, length(json), {SqliteReader.IsWaiting}
            FROM log WHERE id > ? ORDER BY id LIMIT ?
            """);
        _clean = Prepare("DELETE FROM log WHERE id = ?");
        _count = Prepare("UPDATE state SET messages = messages + ?, bytes = bytes + ?, log_bytes = log_bytes + ?, last_log_id = max(last_log_id, ?) RETURNING messages, bytes, log_bytes, last_log_id");
        _reserve = Prepare("UPDATE state SET next_generation = next_generation + ?1 RETURNING next_generation - ?1");
        _pin = Prepare("INSERT INTO pins (peer, key, pinned_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
        _pinned = Prepare("SELECT key FROM pins WHERE peer = ?");
        _unpin = Prepare("DELETE FROM pins WHERE peer = ?");
        _pins = connection.Query("SELECT count(*) FROM pins");
        InTransaction(() => { });
    }

    /// <summary>What all mailboxes hold together, as of the last commit.</summary>
    public MailboxTotals Totals { get; private set; }

    private long DoneBytes => _logBytes - Totals.Bytes;

    private bool IsWorthCleaning => DoneBytes >= Math.Max(WorthCleaningBytes, Totals.Bytes / 2);

    public void Apply(IReadOnlyList<MailboxWrite> writes)
    {
        try
        {
            Write(writes);
        }
        catch (SqliteException failure)
        {
            if (failure.SqliteErrorCode != raw.SQLITE_FULL || !MakeRoom()) throw;
            Write(writes);
        }
    }

    /// <summary>The next step of a pass over the log, from the oldest message on: what is too old is removed, and what is done with leaves the log. A pass
    /// ends where it finds nothing more to do; where much is done with, at the end of the log.</summary>
    /// <param name="time">What was accepted then or before goes.</param>
    /// <param name="most">So many messages are looked at.</param>
    /// <param name="everything">The pass goes to the end of the log in any case.</param>
    /// <returns>How many messages went that waited, and whether the pass is over.</returns>
    public RemovalStep Clean(DateTimeOffset time, int most, bool everything = false)
    {
        var pass = _pass ?? new CleaningPass(After: 0, everything || IsWorthCleaning);
        _pass = pass with { After = pass.After + most };            // where this step fails, it is for a damaged page: the next one passes over it
        var (looked, removed) = (Look(pass.After, most), 0);
        var goes = looked.FindAll(row => !row.IsWaiting || row.AcceptedAt <= time.ToUnixTimeMilliseconds());
        if (goes.Count > 0)
        {
            InTransaction(() =>
            {
                foreach (var row in goes)
                {
                    if (row.IsWaiting) removed += Remove(row.Mailbox, row.Seq);
                    if (_clean.Bind(1, row.Id).Run() > 0) _addedLogBytes -= row.Bytes;
                }
            });
        }
        var isOver = looked.Count < most || (goes.Count == 0 && !pass.IsWhole);
        _pass = isOver ? null : pass with { After = looked[^1].Id };
        return new RemovalStep(removed, isOver, IsBehind: DoneBytes > MaxDoneBytes || goes.Exists(row => row.IsWaiting && row.AcceptedAt <= time.ToUnixTimeMilliseconds() - MaxDelayMilliseconds));
    }

    /// <summary>So many messages lie in the log.</summary>
    public long LogMessages() => _connection.Query("SELECT count(*) FROM log");

    /// <summary>Removes what waits for a peer.</summary>
    /// <returns>How many went.</returns>
    public int RemoveMailbox(PeerId peer, int most) => Remove(_removeMailbox.Bind(1, MailboxKey.Of(peer)).Bind(2, most));

    /// <summary>Removes what a peer sent and waits, in whichever mailbox; reads all of the log.</summary>
    /// <returns>How many went.</returns>
    public int RemoveSent(PeerId sender, int most) => Remove(_removeSent.Bind(1, sender.Value).Bind(2, most));

    /// <returns>The first one.</returns>
    public long ReserveGenerations(int count)
    {
        var first = 0L;
        InTransaction(() => first = _reserve.Bind(1, count).RunForNumber() ?? throw NoState());
        return first;
    }

    /// <summary>Binds peer ids to keys, those that are bound to none.</summary>
    /// <param name="pins">What is to be bound to what.</param>
    /// <param name="most">So many may be bound in all.</param>
    /// <returns>The key of each; null where it is bound to none and no more may be.</returns>
    public IReadOnlyList<byte[]?> Pin(IReadOnlyList<Pin> pins, long most)
    {
        var keys = new List<byte[]?>();
        var added = 0;
        InTransaction(() =>
        {
            foreach (var pin in pins)
            {
                if (_pins + added < most) added += _pin.Bind(1, pin.Peer.Value).Bind(2, pin.Key.Span).Bind(3, pin.At.ToUnixTimeMilliseconds()).Run();
                keys.Add(_pinned.Bind(1, pin.Peer.Value).Read() ? _pinned.Blob(0) : null);
                _pinned.Reset();
            }
        });
        _pins += added;
        return keys;
    }

    /// <summary>Binds the peer id to no key any more.</summary>
    /// <returns>Whether it was bound.</returns>
    public bool Unpin(PeerId peer)
    {
        var removed = 0;
        InTransaction(() => removed = _unpin.Bind(1, peer.Value).Run());
        return removed > 0;
    }

    public void Dispose()
    {
        foreach (var statement in _statements) statement.Dispose();
        _connection.Dispose();
    }

    private SqliteStatement Prepare(string sql)
    {
        var statement = new SqliteStatement(_connection, sql);
        _statements.Add(statement);
        return statement;
    }

    /// <summary>All of the work, counted, is committed; or nothing of it happened.</summary>
    private void InTransaction(Action work)
    {
        (_addedMessages, _addedBytes, _addedLogBytes) = (0, 0, 0);
        try
        {
            _begin.Run();
            work();
            var (totals, logBytes, lastLogId) = Count();
            _commit.Run();
            (Totals, _logBytes, _lastLogId) = (totals, logBytes, lastLogId);
        }
        catch
        {
            foreach (var statement in _statements) statement.Reset();
            _connection.RollBack();
            throw;
        }
    }

    private (MailboxTotals Totals, long LogBytes, long LastLogId) Count()
    {
        if (!_count.Bind(1, _addedMessages).Bind(2, _addedBytes).Bind(3, _addedLogBytes).Bind(4, _lastLogId).Read()) throw NoState();
        var counts = (new MailboxTotals(_count.Number(0), _count.Number(1)), _count.Number(2), _count.Number(3));
        _count.Run();
        return counts;
    }

    private void Write(IReadOnlyList<MailboxWrite> writes) => InTransaction(() =>
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

    /// <summary>What is done with leaves the log now, as much as the largest group of writes needs.</summary>
    /// <returns>Whether anything did.</returns>
    private bool MakeRoom()
    {
        var before = _logBytes;
        _pass = null;
        while (!Clean(DateTimeOffset.MinValue, CleanedPerStep, everything: true).IsDone && before - _logBytes < WorthCleaningBytes)
        {
            // on to the next step
        }
        return _logBytes < before;
    }

    private void Append(AppendMessages append)
    {
        var mailbox = MailboxKey.Of(append.Peer);
        _add.Bind(1, mailbox);
        _log.Bind(2, mailbox).Bind(5, append.Peer.Value);
        foreach (var message in append.Messages)
        {
            var bytes = message.Json.Length;
            if (_add.Bind(2, message.Seq).Bind(3, _lastLogId + 1).Bind(4, bytes).Run() == 0) continue; // is there already
            _log.Bind(1, ++_lastLogId).Bind(3, message.Seq).Bind(4, message.AcceptedAt.ToUnixTimeMilliseconds()).Bind(6, message.From.Value)
                .Bind(7, message.Id.Span).Bind(8, MessageChecksum.Of(append.Peer, message)).Bind(9, message.Json.Span).Run();
            _addedMessages++;
            _addedBytes += bytes;
            _addedLogBytes += bytes;
        }
    }

    private void Remove(RemoveMessages remove)
    {
        var mailbox = MailboxKey.Of(remove.Peer);
        foreach (var seq in remove.Seqs) Remove(mailbox, seq);
    }

    /// <param name="statement">Removes, and gives the bytes of each.</param>
    /// <returns>How many went.</returns>
    private int Remove(SqliteStatement statement)
    {
        var removed = 0;
        InTransaction(() =>
        {
            for (; statement.Read(); removed++) _addedBytes -= statement.Number(0);
            _addedMessages -= removed;
        });
        return removed;
    }

    /// <returns>How many went: 1, or 0 where there was none.</returns>
    private int Remove(long mailbox, long seq)
    {
        if (_remove.Bind(1, mailbox).Bind(2, seq).RunForNumber() is not { } bytes) return 0;
        _addedMessages--;
        _addedBytes -= bytes;
        return 1;
    }

    private List<LogRow> Look(long after, int most)
    {
        var rows = new List<LogRow>(most);
        _look.Bind(1, after).Bind(2, most);
        while (_look.Read()) rows.Add(new LogRow(_look.Number(0), _look.Number(1), _look.Number(2), _look.Number(3), _look.Number(4), _look.Number(5) != 0));
        return rows;
    }

    private InvalidDataException NoState() => new($"'{_connection.DataSource}' is damaged: its totals are gone");

    private readonly record struct LogRow(long Id, long Mailbox, long Seq, long AcceptedAt, long Bytes, bool IsWaiting);

    /// <param name="After">The last row that was looked at.</param>
    /// <param name="IsWhole">It goes to the end of the log.</param>
    private sealed record CleaningPass(long After, bool IsWhole);
}
