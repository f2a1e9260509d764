using Microsoft.Data.Sqlite;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;

namespace Signaling.Node.Storage;

/// <summary>A connection that reads mailboxes; one at a time.</summary>
internal sealed partial class SqliteReader : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _select;
    private readonly ILogger _log;

    public SqliteReader(SqliteConnection connection, ILogger log)
    {
        (_connection, _log) = (connection, log);
        connection.Execute("PRAGMA query_only = ON");
        _select = connection.Prepare(
            "SELECT seq, accepted_at, sender, message_id, checksum, json FROM messages WHERE peer = $peer ORDER BY seq", ("$peer", SqliteType.Text));
    }

    /// <summary>What the mailbox holds, oldest first, but for what is damaged.</summary>
    public IReadOnlyList<StoredMessage> Read(PeerId peer)
    {
        _select.Parameters[0].Value = peer.Value;
        using var rows = _select.ExecuteReader();
        var messages = new List<StoredMessage>();
        while (rows.Read())
        {
            if (ReadMessage(peer, rows) is { } message) messages.Add(message);
            else Log.Damaged(_log, rows.GetInt64(0), LogText.Escape(peer));
        }
        return messages;
    }

    public void Dispose()
    {
        _select.Dispose();
        _connection.Dispose();
    }

    /// <param name="peer">Whose mailbox.</param>
    /// <param name="row">seq, accepted_at, sender, message_id, checksum, json.</param>
    /// <returns>Null where it is not what was written.</returns>
    internal static StoredMessage? ReadMessage(PeerId peer, SqliteDataReader row)
    {
        if (row.IsDBNull(3) || row.IsDBNull(5)) return null;
        if (row.IsDBNull(2) || !PeerId.TryParse(row.GetString(2), out var sender)) return null;
        var time = row.GetInt64(1);
        if (time < 0 || time > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()) return null;
        var message = new StoredMessage(row.GetInt64(0), sender, row.GetFieldValue<byte[]>(3), DateTimeOffset.FromUnixTimeMilliseconds(time), row.GetFieldValue<byte[]>(5));
        return MessageChecksum.Of(peer, message) == row.GetInt64(4) ? message : null;
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 300, Level = LogLevel.Error, Message = "Message {Seq} for peer {Peer} is damaged in the database and left out; check the disk, run mailbox stats")]
        public static partial void Damaged(ILogger logger, long seq, string peer);
    }
}
