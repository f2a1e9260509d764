using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

public sealed class MailboxTests(DefaultNode node) : NodeTests<DefaultNode>(node)
{
    [Theory]
    [InlineData("offer")]
    [InlineData("answer")]
    [InlineData("ice-candidate")]
    [InlineData("ice-candidates")]
    [InlineData("pairing:request")]
    [InlineData("pairing:confirmation")]
    [InlineData("pairing:reject")]
    [InlineData("message")]
    [InlineData("error")]
    public async Task A_message_to_a_peer_that_is_away_is_stored_and_answered_peer_offline(string type)
    {
        var (alice, bob) = (Unique("alice"), Unique("bob"));
        var sender = await RegisterAsync(alice);

        await sender.SendAsync($$"""{"type":"{{type}}","to":"{{bob}}","id":"m1","payload":1,"timestamp":5}""");

        var answer = await sender.NextAsync("peer-offline");
        Assert.Equal(["type", "peerId", "messageId", "messageType", "timestamp"], answer.Members);
        Assert.Equal((bob, "m1", type), (answer.Value("peerId"), answer.Value("messageId"), answer.Value("messageType")));
        var receiver = await RegisterAsync(bob);
        var stored = await receiver.NextAsync("offline-message");
        Assert.Equal(["type", "originalMessage", "storedAt", "deliveredAt"], stored.Members);
        Assert.Equal($$"""{"type":"{{type}}","to":"{{bob}}","id":"m1","payload":1,"timestamp":5,"from":"{{alice}}"}""", stored.Raw("originalMessage"));
        Assert.InRange(stored.Number("storedAt"), 1_600_000_000_000, stored.Number("deliveredAt"));
    }

    [Fact]
    public async Task A_stored_message_without_an_id_is_given_a_uuid_and_a_numeric_id_is_kept()
    {
        var sender = await RegisterAsync(Unique("alice"));

        await sender.SendAsync($$"""{"type":"offer","to":"{{Unique("bob")}}"}""");
        var withoutId = await sender.NextAsync("peer-offline");
        await sender.SendAsync($$"""{"type":"offer","to":"{{Unique("bob")}}","id":12345678901234567890}""");
        var withNumericId = await sender.NextAsync("peer-offline");

        Assert.True(Guid.TryParseExact(withoutId.Value("messageId"), "D", out _));
        Assert.Equal("12345678901234567890", withNumericId.Raw("messageId"));
    }

    [Fact]
    public async Task Offline_messages_come_in_order_after_registered_and_before_live_traffic()
    {
        var bob = Unique("bob");
        var sender = await RegisterAsync(Unique("alice"));
        for (var i = 1; i <= 20; i++) await sender.SendAsync($$"""{"type":"message","to":"{{bob}}","payload":{{i}}}""");
        await sender.NextAsync("peer-offline", 20);
        var receiver = await ConnectAsync();

        await receiver.SendAsync($$"""{"type":"register","peerId":"{{bob}}"}""");
        await receiver.SendAsync($$"""{"type":"message","to":"{{bob}}","payload":21}""");

        await receiver.NextAsync("registered");
        var stored = await receiver.NextAsync("offline-message", 20);
        Assert.Equal(Enumerable.Range(1, 20).Select(i => (long)i), stored.Select(message => message.Inner("originalMessage").Number("payload")));
        Assert.Equal(21, (await receiver.NextAsync("message")).Number("payload"));
    }

    [Fact]
    public async Task Offline_messages_are_delivered_once()
    {
        var bob = Unique("bob");
        var sender = await RegisterAsync(Unique("alice"));
        await sender.SendAsync($$"""{"type":"offer","to":"{{bob}}"}""");
        await sender.NextAsync("peer-offline");
        var first = await RegisterAsync(bob);
        await first.NextAsync("offline-message");
        await first.CloseAsync();

        var second = await RegisterAsync(bob);

        await second.ExpectNothingElseAsync();
    }

    [Fact]
    public async Task The_hundred_and_first_message_drops_the_oldest()
    {
        var bob = Unique("bob");
        var sender = await RegisterAsync(Unique("alice"));
        for (var i = 1; i <= 101; i++) await sender.SendAsync($$"""{"type":"message","to":"{{bob}}","payload":{{i}}}""");
        await sender.NextAsync("peer-offline", 101);

        var receiver = await RegisterAsync(bob);

        var stored = await receiver.NextAsync("offline-message", 100);
        Assert.Equal(Enumerable.Range(2, 100).Select(i => (long)i), stored.Select(message => message.Inner("originalMessage").Number("payload")));
        await receiver.ExpectNothingElseAsync();
    }

    [Fact]
    public async Task A_message_after_unregister_is_stored()
    {
        var bob = Unique("bob");
        var (sender, receiver) = (await RegisterAsync(Unique("alice")), await RegisterAsync(bob));
        await receiver.SendAsync("""{"type":"unregister"}""");
        await receiver.ExpectNothingElseAsync();

        await sender.SendAsync($$"""{"type":"offer","to":"{{bob}}","id":"late"}""");

        Assert.Equal("late", (await sender.NextAsync("peer-offline")).Value("messageId"));
        await receiver.ExpectNothingElseAsync();
        await receiver.RegisterAsync(bob);
        await receiver.NextAsync("offline-message");
    }
}
