using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;
using static SQLitePCL.raw;

namespace Signaling.Node.Storage;

/// <summary>A prepared statement for what is done with each message: SQLite's own interface, since the parameters and rows of ADO.NET cost as much as the work
/// itself. Parameters count from 1, columns from 0, as SQLite has it.</summary>
internal sealed class SqliteStatement : IDisposable
{
    private const int MaxTextBytes = 1_024;                         // a peer id has at most 256 characters

    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;

    /// <exception cref="SqliteException">Also of every other member: what SQLite says.</exception>
    public SqliteStatement(SqliteConnection connection, string sql)
    {
        _database = connection.Handle!;
        Check(sqlite3_prepare_v2(_database, sql, out _statement));
    }

    public SqliteStatement Bind(int parameter, long value)
    {
        Check(sqlite3_bind_int64(_statement, parameter, value));
        return this;
    }

    public SqliteStatement Bind(int parameter, string value)
    {
        Span<byte> utf8 = stackalloc byte[MaxTextBytes];
        Check(sqlite3_bind_text(_statement, parameter, utf8[..Encoding.UTF8.GetBytes(value, utf8)]));
        return this;
    }

    public SqliteStatement Bind(int parameter, ReadOnlySpan<byte> value)
    {
        Check(value.IsEmpty ? sqlite3_bind_zeroblob(_statement, parameter, 0) : sqlite3_bind_blob(_statement, parameter, value));
        return this;
    }

    /// <summary>Runs to the end; rows are passed over.</summary>
    /// <returns>How many rows it changed, or those before it where it changes none by its nature.</returns>
    public int Run()
    {
        while (Read())
        {
        }
        return sqlite3_changes(_database);
    }

    /// <returns>The number in the first column of the one row that it gives; null where it gives none.</returns>
    public long? RunForNumber()
    {
        if (!Read()) return null;
        var number = Number(0);
        Run();
        return number;
    }

    /// <summary>Goes to the next row.</summary>
    /// <returns>False behind the last one; then the statement is ready to be run again.</returns>
    public bool Read()
    {
        var result = sqlite3_step(_statement);
        if (result == SQLITE_ROW) return true;
        _ = sqlite3_reset(_statement);                              // gives the same result once more
        if (result == SQLITE_DONE) return false;
        Check(result);
        return false;
    }

    /// <summary>Stops where it is.</summary>
    public void Reset() => _ = sqlite3_reset(_statement);

    public bool IsNull(int column) => sqlite3_column_type(_statement, column) == SQLITE_NULL;

    public long Number(int column) => sqlite3_column_int64(_statement, column);

    public string Text(int column) => sqlite3_column_text(_statement, column).utf8_to_string() ?? "";

    public byte[] Blob(int column) => sqlite3_column_blob(_statement, column).ToArray();

    public void Dispose() => _statement.Dispose();

    private void Check(int result)
    {
        if (result != SQLITE_OK) SqliteException.ThrowExceptionForRC(result, _database);
    }
}
