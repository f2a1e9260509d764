using Microsoft.Data.Sqlite;
using static SQLitePCL.raw;

namespace Signaling.Node.Storage;

/// <summary>Short forms for statements that are not worth preparing.</summary>
internal static class SqliteExtensions
{
    /// <summary>Runs statements to their end; rows are passed over.</summary>
    public static void Execute(this SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // constants of this folder; SQLite takes no parameters in a pragma
        command.CommandText = sql;
#pragma warning restore CA2100
        using var reader = command.ExecuteReader();
        do
        {
            while (reader.Read())
            {
            }
        }
        while (reader.NextResult());
    }

    /// <returns>The one number that the query gives.</returns>
    public static long Query(this SqliteConnection connection, string sql) => (long)Scalar(connection, sql);

    /// <returns>The one text that the query gives.</returns>
    public static string QueryText(this SqliteConnection connection, string sql) => (string)Scalar(connection, sql);

    /// <summary>How many pages this connection has written since the last call with <paramref name="reset"/>.</summary>
    public static int PagesWritten(this SqliteConnection connection, bool reset = false)
    {
        _ = sqlite3_db_status(connection.Handle!, SQLITE_DBSTATUS_CACHE_WRITE, out var pages, out _, reset ? 1 : 0);
        return pages;
    }

    /// <summary>Ends a transaction that failed, where the failure has not ended it already.</summary>
    public static void RollBack(this SqliteConnection connection)
    {
        if (sqlite3_get_autocommit(connection.Handle!) != 0) return;
        try
        {
            connection.Execute("ROLLBACK");
        }
        catch (SqliteException)
        {
            // The failure that led here is the one to be told; the next transaction cannot begin before this one is rolled back.
        }
    }

    private static object Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // as above
        command.CommandText = sql;
#pragma warning restore CA2100
        return command.ExecuteScalar() ?? throw new InvalidDataException($"'{connection.DataSource}' is damaged: no answer to {sql}");
    }
}
