using Akka.Actor;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Privacy;
using Signaling.Node.Storage;

namespace Signaling.Node.Tests.Storage;

/// <summary>A store on a file, as the node has it, in an actor system of its own.</summary>
internal sealed class OpenStore : IAsyncDisposable
{
    private readonly ActorSystem _system = ActorSystem.Create("store", "akka.loglevel = OFF, akka.stdout-loglevel = OFF");

    public OpenStore(string file, StoreOptions? options = null, ILogger? log = null, IdsInLog ids = IdsInLog.Escaped)
    {
        Database = SqliteMailboxDatabase.Open(file, options ?? new StoreOptions(), log ?? NullLogger.Instance, new LogNames(ids));
        Store = new GroupCommitMailboxStore(Database, _system, new GroupCommitOptions { Timeout = TimeSpan.FromSeconds(60) }, TimeProvider.System);
    }

    public SqliteMailboxDatabase Database { get; }

    public GroupCommitMailboxStore Store { get; }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await Database.DisposeAsync();
        await _system.Terminate();
    }
}
