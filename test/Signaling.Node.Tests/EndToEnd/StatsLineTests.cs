using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

/// <summary>Writes the statistics as often as the options allow.</summary>
public sealed class TalkativeNode() : NodeFixture("--set", "Stats:LogInterval=00:00:01");

public sealed class StatsLineTests(TalkativeNode node) : NodeTests<TalkativeNode>(node)
{
    [Fact]
    public async Task The_log_has_the_original_servers_line_with_the_nodes_numbers()
    {
        var bob = Unique("bob");
        var (sender, receiver, third) = (await RegisterAsync(Unique("alice")), await RegisterAsync(bob), await ConnectAsync());
        await third.CloseAsync();
        for (var i = 0; i < 4; i++) await sender.SendAsync($$"""{"type":"offer","to":"{{bob}}"}""");
        await receiver.NextAsync("offer", 4);
        await sender.SendAsync($$"""{"type":"offer","to":"{{Unique("nobody")}}"}""");
        await sender.NextAsync("peer-offline");

        var line = await Node.Process.OutputLineAsync(line => line.Contains("离线消息: 1", StringComparison.Ordinal));

        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info: Signaling\[300\] \[Stats\] 连接数: 2, 总连接: 3, 转发消息: 4, 离线消息: 1$", line);
    }

    [Fact]
    public async Task The_log_is_utf8_whatever_the_locale()
    {
        var latin = new Dictionary<string, string> { ["LC_ALL"] = "en_US.ISO-8859-1" };
        await using var node = await NodeProcess.StartAsync(latin, ["--host", "127.0.0.1", "--port", "0", "--health-port", "0", "--set", "Stats:LogInterval=00:00:01"]);

        var line = await node.OutputLineAsync(line => line.Contains("[Stats]", StringComparison.Ordinal));

        Assert.EndsWith("[Stats] 连接数: 0, 总连接: 0, 转发消息: 0, 离线消息: 0", line, StringComparison.Ordinal);
    }
}
