using Npgsql;
using Signaling.Node.Storage;
using Signaling.Testing;

namespace Signaling.Node.Tests.Storage.Postgres;

/// <summary>What tests do with a database of their own.</summary>
internal sealed class PostgresDatabase(PostgresServer server, string connectionString)
{
    public PostgresServer Server => server;

    public string ConnectionString => connectionString;

    public string Name => new NpgsqlConnectionStringBuilder(connectionString).Database!;

    public StoreOptions Options => new() { Kind = StoreKind.PostgreSql, ConnectionString = connectionString, Timeout = TimeSpan.FromSeconds(60) };

    public static async Task<PostgresDatabase> CreateAsync(PostgresServer server) => new(server, await server.CreateDatabaseAsync());

    public Task<object?> ExecuteAsync(string sql) => PostgresServer.ExecuteAsync(connectionString, sql);

    public async Task<long> CountAsync(string table) => (long)(await ExecuteAsync($"SELECT count(*) FROM signaling.{table}"))!;

    /// <summary>A connection that may hold locks.</summary>
    public async Task<NpgsqlConnection> ConnectAsync()
    {
        var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        return connection;
    }
}
