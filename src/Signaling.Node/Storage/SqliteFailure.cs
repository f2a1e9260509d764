using Microsoft.Data.Sqlite;
using Signaling.Actors.Mailboxes;
using static SQLitePCL.raw;

namespace Signaling.Node.Storage;

/// <summary>What SQLite's result codes mean to a caller and to an operator.</summary>
internal static class SqliteFailure
{
    /// <summary>There is no room on the disk, or in the file.</summary>
    public static MailboxStoreException Full(string file, Exception? cause = null)
    {
        var message = $"'{file}' cannot grow: the disk is full, or it has Signaling:Store:MaxDatabaseBytes";
        return cause is null ? new MailboxStoreException(message) : new MailboxStoreException(message, cause);
    }

    /// <returns>A <see cref="MailboxStoreException"/> where nothing can be done now, <see cref="InvalidDataException"/> where the file is damaged, there at least, else the failure itself.</returns>
    public static Exception Explain(SqliteException failure, string file) => failure.SqliteErrorCode switch
    {
        _ when failure.SqliteErrorCode == SQLITE_FULL || failure.SqliteExtendedErrorCode == SQLITE_IOERR_SHMSIZE => // the -shm file cannot be made larger
            Full(file, failure),
        SQLITE_BUSY or SQLITE_LOCKED => new MailboxStoreException($"another program has locked '{file}'", failure),
        SQLITE_READONLY or SQLITE_PERM or SQLITE_CANTOPEN or SQLITE_AUTH => new MailboxStoreException($"cannot write to '{file}'", failure),
        SQLITE_IOERR when failure.SqliteExtendedErrorCode is SQLITE_IOERR_READ or SQLITE_IOERR_SHORT_READ => // a bad sector; a disk that is gone fails writes too
            new InvalidDataException($"'{file}' cannot be read everywhere; check the disk, restore a backup or move it away (docs/operations.md)", failure),
        SQLITE_IOERR or SQLITE_NOMEM or SQLITE_NOLFS or SQLITE_PROTOCOL => new MailboxStoreException($"cannot read or write '{file}' (SQLite code {failure.SqliteExtendedErrorCode})", failure),
        SQLITE_CORRUPT or SQLITE_NOTADB => new InvalidDataException($"'{file}' is damaged or no database; restore a backup or move it away (docs/operations.md)", failure),
        _ => failure,
    };
}
