using Akka.Actor;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Privacy;

namespace Signaling.Node.Storage;

/// <summary>Puts the configured store into the host.</summary>
internal static class StoreHosting
{
    /// <summary>Adds the store; what is kept in memory needs none of this.</summary>
    public static void AddMailboxStore(this IServiceCollection services, StoreOptions options)
    {
        if (options.Kind == StoreKind.Memory) return;
        var bounds = new GroupCommitOptions { Timeout = options.Timeout, MaxCalls = options.MaxQueuedCalls, MaxBytes = options.MaxQueuedBytes };
        services.AddSingleton(_ => DataDirectory.Hold(options.Directory));
        services.AddSingleton<IMailboxDatabase>(provider => SqliteMailboxDatabase.Open(
            provider.GetRequiredService<DataDirectory>().DatabaseFile, options, provider.GetRequiredService<ILoggerFactory>().CreateLogger("Signaling.Store"),
            provider.GetRequiredService<LogNames>()));
        services.AddSingleton<IMailboxStore>(provider => new GroupCommitMailboxStore(
            provider.GetRequiredService<IMailboxDatabase>(), provider.GetRequiredService<ActorSystem>(), bounds, provider.GetRequiredService<TimeProvider>()));
    }

    /// <summary>Opens the database before anything else starts, so that what is wrong with it is told as any failed start is. The host closes it when
    /// everything else has ended.</summary>
    /// <exception cref="MailboxStoreException">The directory or the file cannot be used.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, of a newer node, or somebody else's.</exception>
    public static void OpenMailboxStore(this IServiceProvider services) => services.GetService<IMailboxDatabase>();
}
