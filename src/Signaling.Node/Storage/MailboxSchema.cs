using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Signaling.Node.Storage;

/// <summary>The tables of a mailbox database and how they came to be: version n is what the first n steps make. Steps are only ever added.</summary>
internal sealed class MailboxSchema(params string[] steps)
{
    /// <summary>"SigN", by which SQLite files say whose they are.</summary>
    private const int ApplicationId = 0x5369_674E;

    /// <summary>More than were handed out since any backup that is worth restoring, or in any log.</summary>
    private const long SkippedGenerations = 1 << 30;

    /// <summary>What this node reads and writes.</summary>
    public static readonly MailboxSchema Current = new("""
        CREATE TABLE log (                  -- every message in the order they came: rows are added at one end, and removed when the log is cleaned
            id          INTEGER PRIMARY KEY,
            mailbox     INTEGER NOT NULL,   -- MailboxKey of the peer
            seq         INTEGER NOT NULL,
            accepted_at INTEGER NOT NULL,   -- Unix milliseconds
            peer        TEXT    NOT NULL,   -- whose mailbox
            sender      TEXT    NOT NULL,
            message_id  BLOB    NOT NULL,   -- empty where the sender wants no receipt
            checksum    INTEGER NOT NULL,   -- CRC-32C of all of this (MessageChecksum)
            json        BLOB    NOT NULL
        ) STRICT;
        CREATE TABLE waiting (              -- what is in the mailboxes; a row of the log that none of these points to is done with
            mailbox     INTEGER NOT NULL,
            seq         INTEGER NOT NULL,
            log_id      INTEGER NOT NULL,
            bytes       INTEGER NOT NULL,   -- of the json
            PRIMARY KEY (mailbox, seq)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE state (                -- one row
            id              INTEGER PRIMARY KEY CHECK (id = 1),
            messages        INTEGER NOT NULL, -- totals of what waits
            bytes           INTEGER NOT NULL,
            log_bytes       INTEGER NOT NULL, -- of all json in the log
            last_log_id     INTEGER NOT NULL,
            next_generation INTEGER NOT NULL
        ) STRICT;
        -- Higher than any of a lost file that this one takes the place of: 256 for each second since 1970 are more than a node uses, and fit until 2242.
        INSERT INTO state VALUES (1, 0, 0, 0, 0, 256 * unixepoch());
        """,
        """
        CREATE TABLE pins (                 -- which key a peer id is bound to (Auth:Mode Keys)
            peer        TEXT    PRIMARY KEY,
            key         BLOB    NOT NULL,
            pinned_at   INTEGER NOT NULL    -- Unix milliseconds
        ) STRICT, WITHOUT ROWID;
        """);

    public int Version => steps.Length;

    /// <summary>Of a database that has lost its latest commits: a generation must never come twice (IMailboxStore).</summary>
    public static void SkipGenerations(SqliteConnection connection) =>
        connection.Execute(string.Create(CultureInfo.InvariantCulture, $"UPDATE state SET next_generation = next_generation + {SkippedGenerations}"));

    /// <summary>Makes the tables in a new file, brings those of an older one up to date; each step happens as a whole or not at all.</summary>
    /// <exception cref="InvalidDataException">The file is somebody else's, or of a newer node.</exception>
    public void Apply(SqliteConnection connection)
    {
        try
        {
            for (var version = Check(connection); version < Version; version++) Step(connection, version);
        }
        catch
        {
            connection.RollBack();
            throw;
        }
    }

    /// <summary>Whether this node can work with the file, older or not.</summary>
    /// <returns>Its version; 0 where it has no tables yet.</returns>
    /// <exception cref="InvalidDataException">The file is somebody else's, or of a newer node.</exception>
    public long Check(SqliteConnection connection)
    {
        var version = connection.Query("PRAGMA user_version");
        if (version == 0 && connection.Query("SELECT count(*) FROM sqlite_schema") == 0) return 0;
        if (connection.Query("PRAGMA application_id") != ApplicationId)
            throw new InvalidDataException($"'{connection.DataSource}' is an SQLite database, but not one of mailboxes");
        if (version > Version)
            throw new InvalidDataException($"'{connection.DataSource}' was written by a newer signaling-node (schema {version}, this one knows {Version}); upgrade, or restore a backup made before");
        return version;
    }

    private void Step(SqliteConnection connection, long from) => connection.Execute(string.Create(CultureInfo.InvariantCulture, $"""
        BEGIN IMMEDIATE;
        {steps[from]};
        PRAGMA application_id = {ApplicationId};
        PRAGMA user_version = {from + 1};
        COMMIT;
        """));
}
