using Signaling.Node.Auth;
using Signaling.Node.Storage.Postgres;
using Signaling.Testing;
using static Signaling.Node.Tests.Auth.Attempts;

namespace Signaling.Node.Tests.Storage.Postgres;

/// <summary>In PostgreSQL, for all nodes.</summary>
[Collection(SharedPostgres.Name)]
public sealed class PostgresPinsSpecs(PostgresServer server) : PinsContract
{
    private readonly List<PostgresNode> _nodes = [];
    private PostgresDatabase _database = null!;

    public override async Task InitializeAsync()
    {
        _database = await PostgresDatabase.CreateAsync(server);
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
    }

    [Fact]
    public async Task Nodes_bind_an_id_to_one_key()
    {
        IPins[] nodes = [Pins, await StartAsync(1_000), await StartAsync(1_000)];

        var bound = await Task.WhenAll(Enumerable.Range(0, 90).Select(n => Task.Run(() => nodes[n % 3].PinAsync(Peer($"peer-{n / 3}"), new[] { (byte)n }))));

        Assert.All(bound.Chunk(3), keys => Assert.Single(keys.Select(key => Assert.Single(key!)).Distinct()));
    }

    private protected override async Task<IPins> StartAsync(int most)
    {
        _nodes.Add(await PostgresNode.StartAsync(_database.Options));
        return new PostgresPins(_nodes[^1].Pool, most, TimeProvider.System);
    }

    private protected override ValueTask CloseAsync() => _nodes[^1].Pool.DisposeAsync();

    private protected override async Task<bool> UnpinAsync(string peer)
    {
        await using var mailboxes = await PostgresMailboxes.OpenAsync(_database.Options);
        return await mailboxes.UnpinAsync(Peer(peer));
    }
}
