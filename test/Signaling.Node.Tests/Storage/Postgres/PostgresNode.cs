using Akka.Actor;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Privacy;
using Signaling.Node.Storage;
using Signaling.Node.Storage.Postgres;

namespace Signaling.Node.Tests.Storage.Postgres;

/// <summary>The store of one of the nodes that share a database, in an actor system of its own.</summary>
internal sealed class PostgresNode : IAsyncDisposable
{
    private readonly ActorSystem _system = ActorSystem.Create("store", "akka.loglevel = OFF, akka.stdout-loglevel = OFF");

    private PostgresNode(StoreOptions options, ILogger log, TimeSpan timeout)
    {
        Pool = new PostgresPool(options);
        Database = new PostgresMailboxDatabase(Pool, log, new LogNames(IdsInLog.Escaped), TimeProvider.System);
        Store = new GroupCommitMailboxStore(Database, _system, new GroupCommitOptions { Timeout = timeout }, TimeProvider.System);
    }

    public PostgresPool Pool { get; }

    public PostgresMailboxDatabase Database { get; }

    public GroupCommitMailboxStore Store { get; }

    public static async Task<PostgresNode> StartAsync(StoreOptions options, ILogger? log = null, TimeSpan? timeout = null)
    {
        var node = new PostgresNode(options, log ?? NullLogger.Instance, timeout ?? TimeSpan.FromSeconds(60));
        await node.Database.StartAsync();
        return node;
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await Database.DisposeAsync();
        await Pool.DisposeAsync();
        await _system.Terminate();
    }
}
