using System.Text.Json;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

public sealed class StatisticsTests(DefaultNode node) : NodeTests<DefaultNode>(node)
{
    [Fact]
    public async Task Connections_count_registered_or_not_and_fall_when_they_close()
    {
        var total = (await IdleAsync()).GetProperty("totalConnections").GetInt64();
        var stranger = await ConnectAsync();
        await stranger.ExpectNothingElseAsync();
        var first = await RegisterAsync(Unique("alice"));
        await first.RegisterAsync(Unique("alias"));
        var second = await RegisterAsync(Unique("bob"));

        await HealthAsync(current: 3, total + 3, peers: 3);
        await stranger.CloseAsync();
        await HealthAsync(current: 2, total + 3, peers: 3);
        await first.CloseAsync();
        await HealthAsync(current: 1, total + 3, peers: 1);
        await second.DisposeAsync();                                // cut, without a close frame
        await HealthAsync(current: 0, total + 3, peers: 0);
    }

    [Fact]
    public async Task Forwarded_messages_count_and_questions_and_errors_do_not()
    {
        var bob = Unique("bob");
        var forwarded = (await IdleAsync()).GetProperty("messagesForwarded").GetInt64();
        var (sender, receiver) = (await RegisterAsync(Unique("alice")), await RegisterAsync(bob));

        await sender.SendAsync("""{"type":"get-peers"}""");
        await sender.SendAsync("""{"type":"offer"}""");
        await sender.SendAsync($$"""{"type":"offer","to":"{{bob}}"}""");
        await sender.SendAsync($$"""{"type":"ice-candidate","to":"{{bob}}"}""");
        await receiver.NextAsync("offer");
        await receiver.NextAsync("ice-candidate");

        await StatsAsync(stats => stats.GetProperty("messagesForwarded").GetInt64() == forwarded + 2);
        await Node.Http.JsonAsync(new Uri(Node.Process.Management, "/health"), health => health.GetProperty("messages").GetProperty("forwarded").GetInt64() == forwarded + 2);
    }

    /// <summary>The statistics once the other tests' clients are gone.</summary>
    private Task<JsonElement> IdleAsync() => StatsAsync(stats => stats.GetProperty("currentConnections").GetInt64() == 0);

    private Task<JsonElement> StatsAsync(Func<JsonElement, bool> fits) => Node.Http.JsonAsync(new Uri(Node.Process.Management, "/stats"), fits);

    private async Task HealthAsync(long current, long total, long peers)
    {
        await StatsAsync(stats => (stats.GetProperty("currentConnections").GetInt64(), stats.GetProperty("totalConnections").GetInt64()) == (current, total));
        await Node.Http.JsonAsync(new Uri(Node.Process.Public, "/health"), health =>
            (Connections(health, "current"), Connections(health, "total"), health.GetProperty("peers").GetInt64()) == (current, total, peers));

        static long Connections(JsonElement health, string member) => health.GetProperty("connections").GetProperty(member).GetInt64();
    }
}

/// <summary>On a node of its own: other tests' clients leave messages behind that they had not confirmed.</summary>
public sealed class MailboxStatisticsTests(DefaultNode node) : NodeTests<DefaultNode>(node)
{
    [Fact]
    public async Task Stored_messages_count_for_ever_and_queued_ones_until_they_are_delivered()
    {
        var bob = Unique("bob");
        var sender = await RegisterAsync(Unique("alice"));
        for (var i = 0; i < 3; i++) await sender.SendAsync($$"""{"type":"offer","to":"{{bob}}"}""");
        await sender.NextAsync("peer-offline", 3);

        await QueuedAsync(3, 3);
        var receiver = await RegisterAsync(bob);
        await receiver.NextAsync("offline-message", 3);

        await QueuedAsync(0, 3);
    }

    private async Task QueuedAsync(long queued, long stored)
    {
        await Node.Http.JsonAsync(new Uri(Node.Process.Management, "/stats"), stats => (stats.GetProperty("offlineMessagesQueued").GetInt64(), stats.GetProperty("offlineMessagesStored").GetInt64()) == (queued, stored));
        await Node.Http.JsonAsync(new Uri(Node.Process.Management, "/health"), health => health.GetProperty("messages").GetProperty("offlineQueued").GetInt64() == queued);
    }
}
