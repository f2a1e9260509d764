using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

/// <summary>Has bounds of its own.</summary>
public sealed class BoundedNode() : NodeFixture(
    "--set", "Connection:MaxMessageBytes=70000", "--set", "Connection:PingInterval=00:00:31", "--set", "Mailbox:Capacity=7", "--set", "Limits:MessagesPerSecond=900", "--set", "Mailbox:TimeToLive=01:00:00");

public sealed class CapabilitiesTests(BoundedNode node) : NodeTests<BoundedNode>(node)
{
    [Fact]
    public async Task Registered_tells_what_the_node_can_do_and_the_bounds_it_was_given()
    {
        var client = await ConnectAsync();

        var registered = await client.RegisterAsync(Unique("alice"));

        Assert.Equal(["type", "peerId", "serverTime", "isReconnect", "node", "sessionId", "features", "limits", "heartbeatSeconds"], registered.Members);
        Assert.Subset(registered.Json.GetProperty("features").EnumerateArray().Select(feature => feature.GetString()).ToHashSet(), new HashSet<string?> { "receipts", "acks", "ice-servers" });
        Assert.Equal("""{"maxMessageBytes":70000,"messagesPerSecond":900,"mailboxMessages":7,"mailboxTtlSeconds":3600}""", registered.Raw("limits"));
        Assert.Equal(31, registered.Number("heartbeatSeconds"));
    }

    [Fact]
    public async Task The_session_is_the_connections_and_the_node_is_the_same_for_all()
    {
        var (first, second) = (await ConnectAsync(), await ConnectAsync());

        var registered = new[] { await first.RegisterAsync(Unique("alice")), await first.RegisterAsync(Unique("alias")), await second.RegisterAsync(Unique("bob")) };

        Assert.All(registered, answer => Assert.NotEmpty(answer.Value("node")));
        Assert.Single(registered.Select(answer => answer.Value("node")).Distinct());
        Assert.Equal(registered[0].Value("sessionId"), registered[1].Value("sessionId"));
        Assert.NotEqual(registered[0].Value("sessionId"), registered[2].Value("sessionId"));
    }
}
