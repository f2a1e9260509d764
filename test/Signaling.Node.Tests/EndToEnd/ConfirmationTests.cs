using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

/// <summary>What counts as delivered to a client that knows nothing of acks. Its library is the framework's own, its network is a <see cref="Proxy"/>.</summary>
public sealed class ConfirmationTests(DefaultNode node) : NodeTests<DefaultNode>(node)
{
    [Fact]
    public async Task What_a_vanished_network_swallowed_comes_when_the_client_is_back_in_order_and_before_anything_newer()
    {
        var bob = Unique("bob");
        var sender = await RegisterAsync(Unique("alice"));
        var proxy = Keep(new Proxy(Node.Process.Clients));
        var phone = await Confirmation.RegisterAsync(Keep(await SignalingClient.ConnectAsync(proxy.Clients)), bob);
        await sender.SendAsync(Confirmation.Offer(bob, 1, receipt: true));
        await sender.NextAsync("receipt");                          // so this one is known to have come
        await phone.NextAsync("offer");

        proxy.Swallow();
        for (var n = 2; n <= 20; n++) await sender.SendAsync(Confirmation.Offer(bob, n));
        await sender.SendAsync(Confirmation.Offer(bob, 21, receipt: true));
        await proxy.SwallowedAsync("\"id\":\"21\"");
        await sender.ExpectNothingElseAsync();                      // TCP has taken it, but nobody says that the phone has it
        proxy.Cut();
        Assert.Equal("stored", (await sender.NextAsync("receipt")).Value("status"));
        var back = await RegisterAsync(bob);
        await sender.SendAsync(Confirmation.Offer(bob, 22));

        var messages = await back.NextAsync("offline-message", 20);
        Assert.Equal(Confirmation.Ids(2, 20), messages.Select(message => message.Relayed.Value("id")));
        Assert.Equal("22", (await back.NextAsync("offer")).Value("id"));
        await back.ExpectNothingElseAsync();
    }

    [Fact]
    public async Task A_client_that_comes_back_before_its_dead_connection_is_noticed_gets_what_that_one_swallowed()
    {
        var bob = Unique("bob");
        var sender = await RegisterAsync(Unique("alice"));
        var proxy = Keep(new Proxy(Node.Process.Clients));
        await Confirmation.RegisterAsync(Keep(await SignalingClient.ConnectAsync(proxy.Clients)), bob);

        proxy.Swallow();
        for (var n = 1; n <= 20; n++) await sender.SendAsync(Confirmation.Offer(bob, n));
        await proxy.SwallowedAsync("\"id\":\"20\"");
        var back = await ConnectAsync();
        var registered = await back.RegisterAsync(bob);
        await sender.SendAsync(Confirmation.Offer(bob, 21));

        Assert.True(registered.Json.GetProperty("isReconnect").GetBoolean());
        Assert.Equal(Confirmation.Ids(1, 20), (await back.NextAsync("offline-message", 20)).Select(message => message.Relayed.Value("id")));
        Assert.Equal("21", (await back.NextAsync("offer")).Value("id"));
        await back.ExpectNothingElseAsync();
    }
}

/// <summary>Takeovers, where the replaced connection has time to say what it has.</summary>
public sealed class ConfirmationAtTakeoverTests(TakeoverNode node) : NodeTests<TakeoverNode>(node)
{
    [Fact]
    public async Task A_takeover_while_the_old_connection_lives_delivers_nothing_twice()
    {
        var bob = Unique("bob");
        var sender = await RegisterAsync(Unique("alice"));
        var proxy = Keep(new Proxy(Node.Process.Clients));
        var old = await Confirmation.RegisterAsync(Keep(await SignalingClient.ConnectAsync(proxy.Clients)), bob);

        for (var n = 1; n <= 20; n++) await sender.SendAsync(Confirmation.Offer(bob, n));
        await old.NextAsync("offer");
        var back = await Confirmation.RegisterAsync(Keep(await SignalingClient.ConnectAsync(proxy.Clients)), bob);
        await sender.SendAsync(Confirmation.Offer(bob, 21));

        var ids = new List<string> { "1" };
        ids.AddRange((await old.ReadToEndAsync()).Select(message => message.Relayed.Value("id")));
        while (ids.Count < 21) ids.Add((await back.NextAsync()).Relayed.Value("id"));
        Assert.Equal(Confirmation.Ids(1, 21), ids);
        await back.ExpectNothingElseAsync();
    }
}

/// <summary>Takes what it wrote for delivered.</summary>
public sealed class TrustingNode() : NodeFixture("--set", "Connection:Confirm=Write");

/// <summary>The other tests' counterpart: what they would see without the pongs.</summary>
public sealed class ConfirmationByWriteTests(TrustingNode node) : NodeTests<TrustingNode>(node)
{
    [Fact]
    public async Task With_confirmation_by_write_what_a_vanished_network_swallowed_is_lost()
    {
        var bob = Unique("bob");
        var sender = await RegisterAsync(Unique("alice"));
        var proxy = Keep(new Proxy(Node.Process.Clients));
        var phone = await Confirmation.RegisterAsync(Keep(await SignalingClient.ConnectAsync(proxy.Clients)), bob);

        proxy.Swallow();
        for (var n = 1; n <= 20; n++) await sender.SendAsync(Confirmation.Offer(bob, n, receipt: n == 20));
        Assert.Equal("delivered", (await sender.NextAsync("receipt")).Value("status"));
        await proxy.SwallowedAsync("\"id\":\"20\"");
        proxy.Cut();
        await phone.ClosedAsync();

        var back = await RegisterAsync(bob);
        await back.ExpectNothingElseAsync();
        await sender.ExpectNothingElseAsync();
    }
}

internal static class Confirmation
{
    public static async Task<SignalingClient> RegisterAsync(SignalingClient client, string peerId)
    {
        await client.RegisterAsync(peerId);
        return client;
    }

    public static string Offer(string to, int id, bool receipt = false) =>
        $$"""{"type":"offer","to":"{{to}}","id":"{{id}}"{{(receipt ? ",\"receipt\":true" : "")}}}""";

    public static IEnumerable<string> Ids(int first, int count) => Enumerable.Range(first, count).Select(id => $"{id}");
}
