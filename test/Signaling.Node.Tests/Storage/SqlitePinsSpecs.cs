using Microsoft.Extensions.Logging.Abstractions;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Privacy;
using Signaling.Node.Storage;
using Signaling.Node.Tests.Hosting;
using static Signaling.Node.Tests.Auth.Attempts;

namespace Signaling.Node.Tests.Storage;

/// <summary>What a peer id is bound to it stays bound to.</summary>
public sealed class SqlitePinsSpecs : IAsyncLifetime
{
    private static readonly byte[] Key = [1, 2, 3], Other = [4, 5];

    private readonly TemporaryFolder _folder = new();
    private SqliteMailboxDatabase _database = null!;
    private SqlitePins _pins = null!;

    public Task InitializeAsync()
    {
        Open();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _database.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_first_key_counts_also_after_a_restart()
    {
        Assert.Equal(Key, await _pins.PinAsync(Peer("alice"), Key));
        await _database.DisposeAsync();
        Open();

        Assert.Equal(Key, await _pins.PinAsync(Peer("alice"), Other));
        Assert.Equal(Other, await _pins.PinAsync(Peer("bob"), Other));
    }

    [Fact]
    public async Task Of_many_that_come_at_once_one_has_it()
    {
        var keys = Enumerable.Range(0, 50).Select(n => new[] { (byte)n }).ToArray();

        var bound = await Task.WhenAll(keys.Select(key => Task.Run(() => _pins.PinAsync(Peer("alice"), key))));

        Assert.Single(bound.Select(key => Assert.Single(key!)).Distinct());
    }

    [Fact]
    public async Task So_many_are_bound_and_those_that_are_stay_so_also_after_a_restart()
    {
        Open(most: 2);
        await _pins.PinAsync(Peer("alice"), Key);
        await _pins.PinAsync(Peer("bob"), Key);

        for (var start = 0; start < 2; start++)
        {
            Assert.Null(await _pins.PinAsync(Peer("carol"), Key));
            Assert.Equal(Key, await _pins.PinAsync(Peer("bob"), Other));
            await _database.DisposeAsync();
            Open(most: 2);
        }
    }

    [Fact]
    public async Task Where_nothing_can_be_kept_nothing_is_bound()
    {
        await _database.DisposeAsync();

        await Assert.ThrowsAsync<MailboxStoreException>(() => _pins.PinAsync(Peer("alice"), Key));
    }

    [Fact]
    public async Task A_binding_can_be_given_up()
    {
        await _pins.PinAsync(Peer("alice"), Key);

        foreach (var (peer, isBound) in new[] { ("alice", true), ("bob", false) })
        {
            using var file = MailboxFile.Open(_folder.PathOf("mailboxes.db"));
            Assert.Equal(isBound, file.Unpin(Peer(peer)));
        }

        Assert.Equal(Other, await _pins.PinAsync(Peer("alice"), Other));
    }

    private void Open(int most = 1_000)
    {
        _database = SqliteMailboxDatabase.Open(_folder.PathOf("mailboxes.db"), new StoreOptions(), NullLogger.Instance, new LogNames(IdsInLog.Escaped));
        _pins = new SqlitePins(_database, most, TimeProvider.System);
    }
}
