using System.Text;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;
using Signaling.Testing;

namespace Signaling.Node.Tests.Storage.Postgres;

/// <summary>An empty database, and nodes that share it.</summary>
[Collection(SharedPostgres.Name)]
public abstract class PostgresSpecs(PostgresServer server) : IAsyncLifetime
{
    private protected static readonly PeerId Alice = Peer("alice");
    private protected static readonly PeerId Bob = Peer("bob");
    private protected static readonly DateTimeOffset Noon = new(2026, 11, 25, 12, 0, 0, 0, TimeSpan.Zero);

    private readonly List<PostgresNode> _nodes = [];

    private protected PostgresServer Server => server;

    private protected PostgresDatabase Database { get; private set; } = null!;

    public virtual async Task InitializeAsync() => Database = await PostgresDatabase.CreateAsync(server);

    public virtual async Task DisposeAsync()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
    }

    private protected static PeerId Peer(string id) => PeerId.TryParse(id, out var peer) ? peer : throw new ArgumentException(id);

    private protected static StoredMessage Message(long seq, DateTimeOffset? at = null) => new(seq, Alice, default, at ?? Noon, Encoding.UTF8.GetBytes($$"""{"n":{{seq}}}"""));

    private protected static async Task<MailboxOwner> OwnAsync(PostgresNode node, PeerId peer) => new(peer, (await node.Store.OpenAsync(peer)).Generation);

    private protected static async Task<IEnumerable<long>> SeqsAsync(PostgresNode node, PeerId peer) => (await node.Store.OpenAsync(peer)).Messages.Select(message => message.Seq);

    private protected async Task<PostgresNode> StartNodeAsync(TimeSpan? timeout = null)
    {
        var options = Database.Options;
        if (timeout is not null) options.Timeout = timeout.Value;
        var node = await PostgresNode.StartAsync(options);
        _nodes.Add(node);
        return node;
    }

    /// <summary>Completes when so many statements wait for a lock.</summary>
    private protected Task UntilWaitingAsync(int statements = 1) => Hosting.Poll.UntilAsync(async () =>
        (long)(await Database.ExecuteAsync("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"))! >= statements);
}
