using Akka.Actor;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Privacy;
using Signaling.Cluster.Hosting;
using Signaling.Node.Auth;
using Signaling.Node.Storage.Postgres;

namespace Signaling.Node.Storage;

/// <summary>Puts the configured store into the host.</summary>
internal static class StoreHosting
{
    /// <summary>Adds the store, and what keeps keys of peer ids beside it; what is kept in memory needs none of this.</summary>
    public static void AddMailboxStore(this IServiceCollection services, StoreOptions options, int maxPins)
    {
        if (options.Kind == StoreKind.Memory) return;
        if (options.Kind == StoreKind.PostgreSql) services.AddPostgres(options, maxPins);
        else services.AddSqlite(options, maxPins);
        var bounds = new GroupCommitOptions { Timeout = options.Timeout, MaxCalls = options.MaxQueuedCalls, MaxBytes = options.MaxQueuedBytes };
        services.AddSingleton<IMailboxStore>(provider => new GroupCommitMailboxStore(
            provider.GetRequiredService<IMailboxDatabase>(), provider.GetRequiredService<ActorSystem>(), bounds, provider.GetRequiredService<TimeProvider>()));
    }

    /// <summary>Opens the database before anything else starts, so that what is wrong with it is told as any failed start is. The host closes it when
    /// everything else has ended.</summary>
    /// <exception cref="MailboxStoreException">The directory, the file or the server cannot be used.</exception>
    /// <exception cref="InvalidDataException">The database is damaged, of a newer node, or somebody else's.</exception>
    public static async Task OpenMailboxStoreAsync(this IServiceProvider services)
    {
        if (services.GetService<IMailboxDatabase>() is PostgresMailboxDatabase database) await database.StartAsync();
    }

    private static void AddSqlite(this IServiceCollection services, StoreOptions options, int maxPins)
    {
        services.AddSingleton(_ => DataDirectory.Hold(options.Directory));
        services.AddSingleton(provider => SqliteMailboxDatabase.Open(
            provider.GetRequiredService<DataDirectory>().DatabaseFile, options, Log(provider), provider.GetRequiredService<LogNames>()));
        services.AddSingleton<IMailboxDatabase>(provider => provider.GetRequiredService<SqliteMailboxDatabase>());
        services.AddSingleton<IPins>(provider => new SqlitePins(provider.GetRequiredService<SqliteMailboxDatabase>(), maxPins, provider.GetRequiredService<TimeProvider>()));
    }

    private static void AddPostgres(this IServiceCollection services, StoreOptions options, int maxPins)
    {
        services.AddSingleton(_ => new PostgresPool(options));
        services.AddSingleton(provider => new PostgresMailboxDatabase(
            provider.GetRequiredService<PostgresPool>(), Log(provider), provider.GetRequiredService<LogNames>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IMailboxDatabase>(provider => provider.GetRequiredService<PostgresMailboxDatabase>());
        services.AddSingleton<IClusterWitness>(provider => provider.GetRequiredService<PostgresMailboxDatabase>());
        services.AddSingleton<IPins>(provider => new PostgresPins(provider.GetRequiredService<PostgresPool>(), maxPins, provider.GetRequiredService<TimeProvider>()));
    }

    private static ILogger Log(IServiceProvider provider) => provider.GetRequiredService<ILoggerFactory>().CreateLogger("Signaling.Store");
}
