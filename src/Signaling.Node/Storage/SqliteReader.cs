using Microsoft.Data.Sqlite;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Privacy;
using Signaling.Actors.Protocol;

namespace Signaling.Node.Storage;

/// <summary>A connection that reads mailboxes; one at a time.</summary>
internal sealed partial class SqliteReader : IDisposable
{
    /// <summary>Of the log joined to what waits, which is where the seq is told even of what the log has lost.</summary>
    internal const string MessageColumns = "w.seq, accepted_at, sender, message_id, checksum, json";

    /// <summary>Whether a row of the log is not done with.</summary>
    internal const string IsWaiting = "EXISTS (SELECT 1 FROM waiting w WHERE w.mailbox = log.mailbox AND w.seq = log.seq AND w.log_id = log.id)";

    private readonly SqliteConnection _connection;
    private readonly SqliteStatement _select, _pin;
    private readonly ILogger _log;
    private readonly LogNames _names;

    public SqliteReader(SqliteConnection connection, ILogger log, LogNames names)
    {
        (_connection, _log, _names) = (connection, log, names);
        connection.Execute("PRAGMA query_only = ON");
        _select = new SqliteStatement(connection, $"SELECT {MessageColumns} FROM waiting w LEFT JOIN log ON log.id = w.log_id WHERE w.mailbox = ? ORDER BY w.seq");
        _pin = new SqliteStatement(connection, "SELECT key FROM pins WHERE peer = ?");
    }

    /// <summary>What the mailbox holds, oldest first, but for what is damaged.</summary>
    public IReadOnlyList<StoredMessage> Read(PeerId peer)
    {
        var messages = new List<StoredMessage>();
        _select.Bind(1, MailboxKey.Of(peer));
        try
        {
            while (_select.Read())
            {
                if (ReadMessage(peer, _select) is { } message) messages.Add(message);
                else Log.Damaged(_log, _select.Number(0), _names.Of(peer));
            }
        }
        finally
        {
            _select.Reset();
        }
        return messages;
    }

    /// <returns>The key that the peer id is bound to; null where it is bound to none.</returns>
    public byte[]? ReadPin(PeerId peer)
    {
        try
        {
            return _pin.Bind(1, peer.Value).Read() ? _pin.Blob(0) : null;
        }
        finally
        {
            _pin.Reset();
        }
    }

    public void Dispose()
    {
        _pin.Dispose();
        _select.Dispose();
        _connection.Dispose();
    }

    /// <param name="peer">Whose mailbox.</param>
    /// <param name="row">At <see cref="MessageColumns"/>.</param>
    /// <returns>Null where it is not what was written.</returns>
    internal static StoredMessage? ReadMessage(PeerId peer, SqliteStatement row)
    {
        if (row.IsNull(5) || !PeerId.TryParse(row.Text(2), out var sender)) return null;
        var time = row.Number(1);
        if (time < 0 || time > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()) return null;
        var message = new StoredMessage(row.Number(0), sender, row.Blob(3), DateTimeOffset.FromUnixTimeMilliseconds(time), row.Blob(5));
        return MessageChecksum.Of(peer, message) == row.Number(4) ? message : null;
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 300, Level = LogLevel.Error, Message = "Message {Seq} for peer {Peer} is damaged in the database and left out; check the disk, run mailbox stats")]
        public static partial void Damaged(ILogger logger, long seq, string peer);
    }
}
