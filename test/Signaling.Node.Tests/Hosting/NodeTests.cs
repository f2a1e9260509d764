namespace Signaling.Node.Tests.Hosting;

/// <summary>Tests against a running node; closes the clients of each test, and fails a test during which the node logged an error.</summary>
public abstract class NodeTests<TNode>(TNode node) : IClassFixture<TNode>, IAsyncLifetime
    where TNode : NodeFixture
{
    private readonly List<IAsyncDisposable> _clients = [];

    protected TNode Node { get; } = node;

    /// <summary>An id that no other test uses.</summary>
    protected static string Unique(string name) => $"{name}-{Guid.NewGuid():N}";

    protected async Task<SignalingClient> ConnectAsync(string path = "/") => Keep(await Node.ConnectAsync(path));

    protected async Task<SignalingClient> RegisterAsync(string peerId, bool acks = false)
    {
        var client = await ConnectAsync();
        await client.RegisterAsync(peerId, acks);
        return client;
    }

    protected async Task<RawClient> OpenRawAsync(int? receiveBufferBytes = null) => Keep(await RawClient.OpenAsync(Node.Process.Clients, receiveBufferBytes));

    protected async Task<RawClient> RegisterRawAsync(string peerId, int? receiveBufferBytes = null)
    {
        var client = await OpenRawAsync(receiveBufferBytes);
        await client.SendTextAsync($$"""{"type":"register","peerId":"{{peerId}}"}""");
        Assert.Equal("registered", (await client.NextMessageAsync()).Type);
        return client;
    }

    /// <summary>A fence for presence: what <paramref name="observer"/> was told before it is told that a newcomer left.</summary>
    /// <remarks>Departures are announced in the order in which they happen, so one that happened earlier would have been announced earlier.</remarks>
    protected async Task<IReadOnlyList<Received>> PresenceUpToADepartureAsync(SignalingClient observer)
    {
        var sentinel = Unique("sentinel");
        var client = await RegisterAsync(sentinel);
        await client.CloseAsync();
        return await observer.PresenceUntilAsync(sentinel, "offline");
    }

    protected TClient Keep<TClient>(TClient client)
        where TClient : IAsyncDisposable
    {
        _clients.Add(client);
        return client;
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var client in _clients) await client.DisposeAsync();
        Assert.True(!Node.Process.Failures.Any(), string.Join('\n', Node.Process.Failures)); // in full, which Assert.Empty would not show
    }
}
