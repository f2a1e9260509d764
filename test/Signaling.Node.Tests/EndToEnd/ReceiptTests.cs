using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

public sealed class ReceiptTests(DefaultNode node) : NodeTests<DefaultNode>(node)
{
    [Fact]
    public async Task A_recipient_without_acks_has_a_message_once_its_pong_says_so()
    {
        var bob = Unique("bob");
        var (sender, receiver) = (await RegisterAsync(Unique("alice")), await RegisterRawAsync(bob));

        await sender.SendAsync(Offer(bob, "m1"));
        RawFrame? frame;
        do frame = await receiver.FrameAsync();
        while (frame is not { IsPing: true, Payload.Length: > 0 });
        await sender.ExpectNothingElseAsync();
        await receiver.SendAsync(ClientFrame.Of(0x8A, frame.Payload));

        Assert.Equal(Receipt(bob, "m1", "delivered"), (await sender.NextAsync()).Text);
        await sender.ExpectNothingElseAsync();
    }

    [Fact]
    public async Task A_recipient_with_acks_has_a_message_once_it_acknowledges_it()
    {
        var bob = Unique("bob");
        var (sender, receiver) = (await RegisterAsync(Unique("alice")), await RegisterAsync(bob, acks: true));

        await sender.SendAsync(Offer(bob, "m1"));
        var offer = await receiver.NextAsync("offer");
        await sender.ExpectNothingElseAsync();
        await AckAsync(receiver, offer);

        Assert.Equal(Receipt(bob, "m1", "delivered"), (await sender.NextAsync()).Text);
        await sender.ExpectNothingElseAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_message_with_a_receipt_keeps_its_bytes(bool isAway)
    {
        var (alice, bob) = (Unique("alice"), Unique("bob"));
        var sender = await RegisterAsync(alice);
        var receiver = isAway ? null : await RegisterAsync(bob);

        await sender.SendAsync($$"""{ "receipt" : true, "n":12345678901234567890, "id":"m\u0031", "to":"{{bob}}", "x":"\ud800", "type":"offer" }""");
        var receipt = await sender.NextAsync("receipt");
        receiver ??= await RegisterAsync(bob);

        var message = await receiver.NextAsync();
        Assert.Equal(
            $$"""{ "receipt" : true, "n":12345678901234567890, "id":"m\u0031", "to":"{{bob}}", "x":"\ud800", "type":"offer" ,"from":"{{alice}}"}""",
            isAway ? message.Raw("originalMessage") : message.Text);
        Assert.Equal("m1", receipt.Value("id"));
    }

    [Fact]
    public async Task A_receipt_says_stored_instead_of_peer_offline_where_the_recipient_is_away()
    {
        var bob = Unique("bob");
        var sender = await RegisterAsync(Unique("alice"));

        await sender.SendAsync(Offer(bob, "m1"));

        Assert.Equal(Receipt(bob, "m1", "stored"), (await sender.NextAsync()).Text);
        await sender.ExpectNothingElseAsync();
        var receiver = await RegisterAsync(bob);
        Assert.Equal("m1", (await receiver.NextAsync("offline-message")).Relayed.Value("id"));
        await sender.ExpectNothingElseAsync();
    }

    [Theory]
    [InlineData("offer", """ "receipt":true """, "receipt-needs-id", null)]
    [InlineData("offer", """ "receipt":true,"id":5 """, "receipt-needs-id", "5")]
    [InlineData("offer", """ "receipt":true,"id":"" """, "receipt-needs-id", null)]
    [InlineData("offer", """ "receipt":true,"id":null """, "receipt-needs-id", null)]
    [InlineData("message", """ "receipt":true,"id":"m1" """, "missing-payload", "\"m1\"")]
    public async Task What_cannot_be_accepted_is_answered_by_an_error_with_the_id_and_by_no_receipt(string type, string members, string code, string? id)
    {
        var bob = Unique("bob");
        var (sender, receiver) = (await RegisterAsync(Unique("alice")), await RegisterAsync(bob));

        await sender.SendAsync($$"""{"type":"{{type}}","to":"{{bob}}",{{members}}}""");

        var error = await sender.NextAsync("error");
        Assert.Equal(code, error.Value("code"));
        Assert.Equal(id, error.Members.Contains("id") ? error.Raw("id") : null);
        await sender.ExpectNothingElseAsync();
        await receiver.ExpectNothingElseAsync();
    }

    [Theory]
    [InlineData("false")]
    [InlineData("\"true\"")]
    [InlineData("1")]
    public async Task Only_true_asks_for_a_receipt(string receipt)
    {
        var bob = Unique("bob");
        var sender = await RegisterAsync(Unique("alice"));

        await sender.SendAsync($$"""{"type":"offer","to":"{{bob}}","id":"m1","receipt":{{receipt}}}""");

        await sender.NextAsync("peer-offline");
        await sender.ExpectNothingElseAsync();
    }

    [Fact]
    public async Task A_recipient_that_never_acknowledges_leaves_the_receipt_open_until_its_connection_ends()
    {
        var bob = Unique("bob");
        var (sender, receiver) = (await RegisterAsync(Unique("alice")), await RegisterAsync(bob, acks: true));

        await sender.SendAsync(Offer(bob, "m1"));
        await receiver.NextAsync("offer");
        await sender.ExpectNothingElseAsync();
        await receiver.CloseAsync();

        Assert.Equal(Receipt(bob, "m1", "stored"), (await sender.NextAsync()).Text);
        var back = await RegisterAsync(bob, acks: true);
        await AckAsync(back, await back.NextAsync("offline-message"));
        await back.ExpectNothingElseAsync();
        await sender.ExpectNothingElseAsync();                      // one answer, though it was delivered later
    }

    [Fact]
    public async Task A_message_sent_again_while_it_waits_comes_once_and_each_time_is_answered()
    {
        var bob = Unique("bob");
        var sender = await RegisterAsync(Unique("alice"));

        for (var i = 0; i < 3; i++)
        {
            await sender.SendAsync(Offer(bob, "m1"));
            Assert.Equal(Receipt(bob, "m1", "stored"), (await sender.NextAsync()).Text);
        }

        var receiver = await RegisterAsync(bob);
        Assert.Equal("m1", (await receiver.NextAsync("offline-message")).Relayed.Value("id"));
        await receiver.ExpectNothingElseAsync();
        await sender.ExpectNothingElseAsync();
    }

    [Fact]
    public async Task A_message_sent_again_after_it_was_delivered_is_answered_at_once_and_does_not_come_again()
    {
        var bob = Unique("bob");
        var (sender, receiver) = (await RegisterAsync(Unique("alice")), await RegisterAsync(bob));
        await sender.SendAsync(Offer(bob, "m1"));
        await receiver.NextAsync("offer");
        await sender.NextAsync("receipt");

        await sender.SendAsync(Offer(bob, "m1"));

        Assert.Equal(Receipt(bob, "m1", "delivered"), (await sender.NextAsync()).Text);
        await receiver.ExpectNothingElseAsync();
    }

    [Fact]
    public async Task A_sender_that_comes_back_and_sends_again_is_answered_on_its_new_connection()
    {
        var (alice, bob) = (Unique("alice"), Unique("bob"));
        var (sender, receiver) = (await RegisterAsync(alice), await RegisterAsync(bob, acks: true));
        await sender.SendAsync(Offer(bob, "m1"));
        var offer = await receiver.NextAsync("offer");
        await sender.CloseAsync();

        var back = await RegisterAsync(alice);
        await back.SendAsync(Offer(bob, "m1"));
        await back.SendAsync($$"""{"type":"offer","to":"{{bob}}","id":"fence"}""");
        var fence = await receiver.NextAsync("offer");              // so the repetition has been recognised
        await AckAsync(receiver, offer);

        Assert.Equal("fence", fence.Value("id"));
        Assert.Equal(Receipt(bob, "m1", "delivered"), (await back.NextAsync()).Text);
        await back.ExpectNothingElseAsync();
    }

    [Fact]
    public async Task The_same_id_from_different_senders_names_different_messages()
    {
        var (alice, carol, bob) = (Unique("alice"), Unique("carol"), Unique("bob"));
        var (first, second) = (await RegisterAsync(alice), await RegisterAsync(carol));

        await first.SendAsync(Offer(bob, "m1"));
        await first.NextAsync("receipt");
        await second.SendAsync(Offer(bob, "m1"));
        await second.NextAsync("receipt");

        var receiver = await RegisterAsync(bob);
        Assert.Equal([alice, carol], (await receiver.NextAsync("offline-message", 2)).Select(message => message.Relayed.Value("from")));
        await receiver.ExpectNothingElseAsync();
    }

    private static string Offer(string to, string id) => $$"""{"type":"offer","to":"{{to}}","id":"{{id}}","receipt":true}""";

    private static string Receipt(string to, string id, string status) => $$"""{"type":"receipt","id":"{{id}}","to":"{{to}}","status":"{{status}}"}""";

    private static Task AckAsync(SignalingClient client, Received message) => client.SendAsync($$"""{"type":"ack","seq":{{message.Number("seq")}}}""");
}
