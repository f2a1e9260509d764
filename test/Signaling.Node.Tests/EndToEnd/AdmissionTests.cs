using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

/// <summary>Has room for few.</summary>
public sealed class SmallNode() : NodeFixture("--set", "Limits:MaxConnections=4", "--set", "Limits:ConnectionsPerAddress=2");

/// <summary>Those that are here go before those that come.</summary>
public sealed class AdmissionTests(SmallNode node) : NodeTests<SmallNode>(node)
{
    [Fact]
    public async Task An_address_has_so_many_connections_and_one_that_ends_makes_room()
    {
        var (first, _) = (await TryOpenAsync("203.0.113.1"), await TryOpenAsync("203.0.113.1"));
        var refused = await RequestAsync("203.0.113.1");
        Assert.Equal((503, "1"), (refused.Status, refused.Headers["Retry-After"]));
        Assert.NotNull(await TryOpenAsync("203.0.113.2"));

        await first!.DisposeAsync();

        await Poll.UntilAsync(async () => await TryOpenAsync("203.0.113.1") is not null);
        Assert.NotNull(await TryOpenAsync("203.0.113.3"));
        Assert.Null(await TryOpenAsync("203.0.113.4"));             // four in all
    }

    private async Task<RawClient?> TryOpenAsync(string address)
    {
        var client = Keep(await RawClient.ConnectAsync(Node.Process.Clients));
        return (await client.RequestAsync(Handshake(address))).Status == 101 ? client : null;
    }

    private async Task<RawResponse> RequestAsync(string address) => await Keep(await RawClient.ConnectAsync(Node.Process.Clients)).RequestAsync(Handshake(address));

    private static string Handshake(string address) => RawClient.Handshake(more: $"X-Forwarded-For: {address}\r\n");
}

/// <summary>Waits for few at a time.</summary>
public sealed class BusyNode() : NodeFixture("--set", "Limits:HandshakesInProgress=6");

/// <summary>Who opens connections and says nothing keeps nobody out for long.</summary>
public sealed class HalfOpenTests(BusyNode node) : NodeTests<BusyNode>(node)
{
    [Fact]
    public async Task Connections_that_say_nothing_are_bounded_and_each_that_ends_makes_room()
    {
        var silent = new List<RawClient>();
        for (var i = 0; i < 7; i++) silent.Add(Keep(await RawClient.ConnectAsync(Node.Process.Clients)));
        var waiting = silent.ToDictionary(client => client.RequestAsync(""));
        var refused = await Task.WhenAny(waiting.Keys);             // one too many, whichever it was
        Assert.Equal(503, (await refused).Status);

        await waiting.First(client => client.Key != refused).Value.DisposeAsync();

        await Poll.UntilAsync(async () => await StatusAsync() == 200);
    }

    /// <returns>0 where the node was quicker to end the connection than the request to leave.</returns>
    private async Task<int> StatusAsync()
    {
        try
        {
            var client = Keep(await RawClient.ConnectAsync(Node.Process.Clients));
            return (await client.RequestAsync("GET /health HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n")).Status;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
