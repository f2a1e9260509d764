using Microsoft.Data.Sqlite;
using static SQLitePCL.raw;

namespace Signaling.Node.Storage;

/// <summary>Copies of a mailbox database, each one file that is complete in itself.</summary>
internal static class MailboxBackup
{
    private const int PagesPerStep = 1_000;

    /// <summary>Writes what the database holds at this moment to a new file; also while a node writes to it.</summary>
    /// <exception cref="IOException">There is such a file, or it cannot be written.</exception>
    public static void Write(string database, string target, Action<double> progress)
    {
        if (Path.Exists(target)) throw new IOException($"'{target}' is there already");
        MailboxFile.Open(database).Dispose();                       // it is one, and of this node's schema
        var partial = target + ".partial";
        try
        {
            Copy(database, partial, progress);
            File.Move(partial, target);
        }
        finally
        {
            File.Delete(partial);
        }
    }

    /// <summary>Puts a backup in the place of a database that nobody uses.</summary>
    /// <returns>Where the database is that was there before; null where there was none.</returns>
    public static string? Restore(string backup, string database, Action<double> progress)
    {
        var next = database + ".restoring";
        File.Delete(next);
        Copy(backup, next, progress);
        using (var connection = SqliteMailboxDatabase.OpenConnection(next))
            MailboxSchema.SkipGenerations(connection);

        var replaced = database + ".replaced";
        var isThereOne = File.Exists(database);
        File.Delete(replaced + "-wal");
        File.Delete(database + "-shm");
        if (File.Exists(database + "-wal")) File.Move(database + "-wal", replaced + "-wal", overwrite: true);
        if (isThereOne) File.Move(database, replaced, overwrite: true);
        File.Move(next, database);
        return isThereOne ? replaced : null;
    }

    private static void Copy(string from, string to, Action<double> progress)
    {
        using var source = SqliteMailboxDatabase.OpenConnection(from, SqliteOpenMode.ReadOnly);
        using var target = SqliteMailboxDatabase.OpenConnection(to);
        source.Execute("BEGIN; SELECT id FROM state");              // one snapshot: else each commit of a node would start the copy anew
        var backup = sqlite3_backup_init(target.Handle, "main", source.Handle, "main");
        try
        {
            int result;
            while ((result = sqlite3_backup_step(backup, PagesPerStep)) == SQLITE_OK)
                progress(1 - ((double)sqlite3_backup_remaining(backup) / sqlite3_backup_pagecount(backup)));
            if (result != SQLITE_DONE) SqliteException.ThrowExceptionForRC(result, target.Handle);
        }
        finally
        {
            sqlite3_backup_finish(backup);
        }
        target.Execute("PRAGMA journal_mode = DELETE");             // no -wal file beside it
    }
}
