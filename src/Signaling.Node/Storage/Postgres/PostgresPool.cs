using System.Globalization;
using Npgsql;

namespace Signaling.Node.Storage.Postgres;

/// <summary>Connections to the PostgreSQL that is configured. Safe for parallel use.</summary>
internal sealed class PostgresPool : IAsyncDisposable
{
    /// <summary>A node uses eight at a time: one that commits, four that open mailboxes and number them, and those of pins, expiry and housekeeping.</summary>
    private const int DefaultPoolSize = 16;

    private readonly NpgsqlDataSource _source;
    private readonly NpgsqlConnectionStringBuilder _settings;

    /// <param name="options">Checked.</param>
    public PostgresPool(StoreOptions options)
    {
        _settings = Complete(options);
        Schema = $"\"{options.Schema}\"";
        var builder = new NpgsqlDataSourceBuilder(_settings.ConnectionString);
        var prepare = Preparation(options.Timeout);
        builder.UsePhysicalConnectionInitializer(
            connection =>
            {
                using var command = new NpgsqlCommand(prepare, connection);
                command.ExecuteNonQuery();
            },
            async connection =>
            {
                await using var command = new NpgsqlCommand(prepare, connection);
                await command.ExecuteNonQueryAsync();
            });
        _source = builder.Build();
    }

    /// <summary>Quoted.</summary>
    public string Schema { get; }

    /// <summary>The server, the database and the schema, as an operator reads them.</summary>
    public string Place => $"{PostgresFailure.Server(_settings)}, database {_settings.Database ?? _settings.Username}, schema {Schema.Trim('"')}";

    /// <summary>Whether it is a connection string, and says which server. What is wrong with one is not told: it may be a part of a password.</summary>
    public static bool IsConnectionString(string text)
    {
        try
        {
            return !string.IsNullOrEmpty(new NpgsqlConnectionStringBuilder(text).Host);
        }
        catch (Exception failure) when (failure is ArgumentException or FormatException or InvalidOperationException or NotSupportedException or OverflowException)
        {
            return false;
        }
    }

    /// <summary>Does something with a connection.</summary>
    /// <exception cref="Signaling.Actors.Mailboxes.MailboxStoreException">Nothing can be done now.</exception>
    /// <exception cref="InvalidDataException">The database is damaged.</exception>
    public async Task<T> DoAsync<T>(Func<NpgsqlConnection, Task<T>> work)
    {
        try
        {
            await using var connection = await _source.OpenConnectionAsync();
            return await work(connection);
        }
        catch (Exception failure)
        {
            if (PostgresFailure.IsOfConnection(failure)) _source.Clear(); // the others are broken too, and each would fail one more call
            throw PostgresFailure.Explain(failure, _settings);
        }
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private static NpgsqlConnectionStringBuilder Complete(StoreOptions options)
    {
        var settings = new NpgsqlConnectionStringBuilder(options.ConnectionString);
        var seconds = (int)Math.Ceiling(options.Timeout.TotalSeconds);
        SetDefault("Maximum Pool Size", DefaultPoolSize);
        SetDefault("Max Auto Prepare", 20);
        SetDefault("Auto Prepare Min Usages", 2);
        SetDefault("Application Name", "signaling-node");
        SetDefault("Timeout", Math.Min(seconds, 15));
        SetDefault("Tcp Keepalive", true);
        SetDefault("Tcp Keepalive Time", 10);
        SetDefault("Tcp Keepalive Interval", 5);
        settings.CommandTimeout = seconds;
        settings.NoResetOnClose = true;                             // or what Preparation sets were gone
        settings.Multiplexing = false;
        settings.Enlist = false;
        return settings;

        void SetDefault(string keyword, object value)
        {
            if (!settings.ShouldSerialize(keyword)) settings[keyword] = value;
        }
    }

    /// <summary>What holds for a connection, whatever the server's defaults are: each statement sees what is committed; who commits has heard that the disk has it; a statement ends
    /// when nobody waits for it any more, and one that waits for a row before that, as it keeps others waiting that want other rows; so does the transaction of a node that is cut off, whose
    /// mailboxes could not be opened elsewhere.
    /// Plans are made for the tables as they are: one that was made while they were empty, and is kept, reads all of them for each group.</summary>
    private static string Preparation(TimeSpan timeout) => string.Create(CultureInfo.InvariantCulture, $"""
        SET default_transaction_isolation = 'read committed';
        SET statement_timeout = {(long)timeout.TotalMilliseconds};
        SET lock_timeout = {(long)timeout.TotalMilliseconds / 4};
        SET idle_in_transaction_session_timeout = '30s';
        SET tcp_keepalives_idle = 10;
        SET tcp_keepalives_interval = 5;
        SET tcp_keepalives_count = 3;
        SET plan_cache_mode = force_custom_plan;
        SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'
        """);
}
