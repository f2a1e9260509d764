using Signaling.Actors.Mailboxes;
using Signaling.Testing;

namespace Signaling.Node.Tests.Storage.Postgres;

/// <summary>The store that nodes share, with one node.</summary>
[Collection(SharedPostgres.Name)]
public sealed class PostgresMailboxStoreSpecs(PostgresServer server) : MailboxStoreContract
{
    private PostgresDatabase _database = null!;
    private PostgresNode _node = null!;

    protected override async ValueTask<IMailboxStore> StartAsync()
    {
        _database = await PostgresDatabase.CreateAsync(server);
        _node = await PostgresNode.StartAsync(_database.Options);
        return _node.Store;
    }

    public override async Task DisposeAsync() => await _node.DisposeAsync();
}
