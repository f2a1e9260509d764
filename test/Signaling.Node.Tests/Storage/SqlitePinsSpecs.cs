using Microsoft.Extensions.Logging.Abstractions;
using Signaling.Actors.Privacy;
using Signaling.Node.Auth;
using Signaling.Node.Storage;
using Signaling.Node.Tests.Hosting;
using static Signaling.Node.Tests.Auth.Attempts;

namespace Signaling.Node.Tests.Storage;

/// <summary>In the data directory.</summary>
public sealed class SqlitePinsSpecs : PinsContract
{
    private readonly TemporaryFolder _folder = new();
    private SqliteMailboxDatabase _database = null!;

    public override async Task DisposeAsync()
    {
        await _database.DisposeAsync();
        _folder.Dispose();
    }

    private protected override Task<IPins> StartAsync(int most)
    {
        _database = SqliteMailboxDatabase.Open(_folder.PathOf("mailboxes.db"), new StoreOptions(), NullLogger.Instance, new LogNames(IdsInLog.Escaped));
        return Task.FromResult<IPins>(new SqlitePins(_database, most, TimeProvider.System));
    }

    private protected override ValueTask CloseAsync() => _database.DisposeAsync();

    private protected override Task<bool> UnpinAsync(string peer)
    {
        using var file = MailboxFile.Open(_folder.PathOf("mailboxes.db"));
        return Task.FromResult(file.Unpin(Peer(peer)));
    }
}
