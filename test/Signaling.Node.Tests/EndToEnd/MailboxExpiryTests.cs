using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

/// <summary>Keeps messages as briefly as the options allow.</summary>
public sealed class ForgetfulNode() : NodeFixture("--set", "Mailbox:TimeToLive=00:00:01");

public sealed class MailboxExpiryTests(ForgetfulNode node) : NodeTests<ForgetfulNode>(node)
{
    [Fact]
    public async Task A_message_is_gone_once_its_time_to_live_is_over()
    {
        var bob = Unique("bob");
        var sender = await RegisterAsync(Unique("alice"));
        await sender.SendAsync($$"""{"type":"offer","to":"{{bob}}"}""");
        await sender.NextAsync("peer-offline");

        await Node.Http.JsonAsync(new Uri(Node.Process.Management, "/stats"), stats => stats.GetProperty("offlineMessagesQueued").GetInt64() == 0);
        var receiver = await RegisterAsync(bob);

        await receiver.ExpectNothingElseAsync();
        var stats = await Node.Http.JsonAsync(new Uri(Node.Process.Management, "/stats"), _ => true);
        Assert.Equal(1, stats.GetProperty("offlineMessagesStored").GetInt64());
    }
}
