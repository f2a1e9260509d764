using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

public sealed class AckTests(DefaultNode node) : NodeTests<DefaultNode>(node)
{
    [Fact]
    public async Task Stored_and_relayed_messages_carry_a_seq_that_rises()
    {
        var (alice, bob) = (Unique("alice"), Unique("bob"));
        var sender = await RegisterAsync(alice);
        await SendAsync(sender, bob, 1, 3);
        await sender.NextAsync("peer-offline", 3);

        var receiver = await RegisterAsync(bob, acks: true);
        await SendAsync(sender, bob, 4, 3);

        var messages = await ReadAsync(receiver, 6);
        Assert.Equal([1, 2, 3, 4, 5, 6], messages.Select(message => message.Relayed.Number("n")));
        Assert.All(messages.Zip(messages.Skip(1)), pair => Assert.True(pair.First.Number("seq") < pair.Second.Number("seq")));
        Assert.InRange(messages[^1].Number("seq"), 1, (1L << 53) - 1);
        Assert.Equal(["type", "originalMessage", "storedAt", "deliveredAt", "seq"], messages[0].Members);
        Assert.Equal($$"""{"type":"offer","to":"{{bob}}","n":1,"from":"{{alice}}"}""", messages[0].Raw("originalMessage"));
        Assert.Equal($$"""{"type":"offer","to":"{{bob}}","n":6,"from":"{{alice}}","seq":{{messages[5].Number("seq")}}}""", messages[5].Text);
    }

    [Fact]
    public async Task What_was_not_acknowledged_comes_again_with_its_seq_before_anything_newer()
    {
        var bob = Unique("bob");
        var (sender, receiver) = (await RegisterAsync(Unique("alice")), await RegisterAsync(bob, acks: true));
        await SendAsync(sender, bob, 1, 3);
        var first = await ReadAsync(receiver, 3);
        await receiver.CloseAsync();
        await SendAsync(sender, bob, 4, 1);
        await sender.NextAsync("peer-offline");

        var back = await RegisterAsync(bob, acks: true);
        await SendAsync(sender, bob, 5, 1);

        var again = await ReadAsync(back, 5);
        Assert.Equal([1, 2, 3, 4, 5], again.Select(message => message.Relayed.Number("n")));
        Assert.Equal(["offline-message", "offline-message", "offline-message", "offline-message", "offer"], again.Select(message => message.Type));
        Assert.Equal(first.Select(message => message.Number("seq")), again.Take(3).Select(message => message.Number("seq")));
        Assert.True(again[2].Number("seq") < again[3].Number("seq"));
        Assert.True(again[3].Number("seq") < again[4].Number("seq"));
    }

    [Fact]
    public async Task An_ack_covers_everything_up_to_and_including_its_seq()
    {
        var bob = Unique("bob");
        var (sender, receiver) = (await RegisterAsync(Unique("alice")), await RegisterAsync(bob, acks: true));
        await SendAsync(sender, bob, 1, 3);
        var messages = await ReadAsync(receiver, 3);

        await AckAsync(receiver, messages[1].Number("seq"));
        await receiver.CloseAsync();

        var back = await RegisterAsync(bob, acks: true);
        Assert.Equal(messages[2].Number("seq"), (await back.NextAsync("offline-message")).Number("seq"));
        await back.ExpectNothingElseAsync();
    }

    [Fact]
    public async Task A_message_comes_again_at_each_registration_until_it_is_acknowledged()
    {
        var bob = Unique("bob");
        var sender = await RegisterAsync(Unique("alice"));
        await SendAsync(sender, bob, 1, 1);
        await sender.NextAsync("peer-offline");

        var seqs = new HashSet<long>();
        for (var i = 0; i < 3; i++)
        {
            var receiver = await RegisterAsync(bob, acks: true);
            seqs.Add((await receiver.NextAsync("offline-message")).Number("seq"));
            await receiver.CloseAsync();
        }
        var last = await RegisterAsync(bob, acks: true);
        await AckAsync(last, (await last.NextAsync("offline-message")).Number("seq"));
        await last.CloseAsync();

        Assert.Single(seqs);
        await (await RegisterAsync(bob, acks: true)).ExpectNothingElseAsync();
    }

    [Fact]
    public async Task A_connection_with_aliases_acknowledges_for_each_id_and_without_one_for_the_last()
    {
        var (bob, robert) = (Unique("bob"), Unique("robert"));
        var (sender, receiver) = (await RegisterAsync(Unique("alice")), await RegisterAsync(bob, acks: true));
        await receiver.RegisterAsync(robert, acks: true);
        await SendAsync(sender, bob, 1, 2);
        await SendAsync(sender, robert, 11, 2);
        var messages = await ReadAsync(receiver, 4);
        var seqs = messages.ToDictionary(message => message.Number("n"), message => message.Number("seq"));

        await receiver.SendAsync($$"""{"type":"ack","seq":{{seqs[1]}},"peerId":"{{bob}}"}""");
        await receiver.SendAsync($$"""{"type":"ack","seq":{{seqs[12]}}}""");
        await receiver.CloseAsync();

        var back = await RegisterAsync(bob, acks: true);
        Assert.Equal(seqs[2], (await back.NextAsync("offline-message")).Number("seq"));
        await back.RegisterAsync(robert, acks: true);
        await back.ExpectNothingElseAsync();
    }

    [Theory]
    [InlineData("""{"type":"ack","seq":9007199254740991}""")]
    [InlineData("""{"type":"ack","seq":-1}""")]
    [InlineData("""{"type":"ack","seq":"1"}""")]
    [InlineData("""{"type":"ack","seq":1.5}""")]
    [InlineData("""{"type":"ack","seq":1e2}""")]
    [InlineData("""{"type":"ack","seq":99999999999999999999}""")]
    [InlineData("""{"type":"ack"}""")]
    [InlineData("""{"type":"ack","seq":0,"peerId":"somebody else"}""")]
    public async Task An_ack_of_what_was_never_sent_is_an_error_and_acknowledges_nothing(string ack)
    {
        var bob = Unique("bob");
        var (sender, receiver) = (await RegisterAsync(Unique("alice")), await RegisterAsync(bob, acks: true));
        await SendAsync(sender, bob, 1, 1);
        await receiver.NextAsync("offer");

        await receiver.SendAsync(ack);

        Assert.Equal("invalid-ack", (await receiver.NextAsync("error")).Value("code"));
        await receiver.CloseAsync();
        await (await RegisterAsync(bob, acks: true)).NextAsync("offline-message");
    }

    [Fact]
    public async Task A_client_that_registered_without_acks_cannot_acknowledge()
    {
        var client = await RegisterAsync(Unique("bob"));

        await client.SendAsync("""{"type":"ack","seq":0}""");

        Assert.Equal("invalid-ack", (await client.NextAsync("error")).Value("code"));
    }

    [Fact]
    public async Task An_ack_that_comes_twice_or_late_is_harmless()
    {
        var bob = Unique("bob");
        var (sender, receiver) = (await RegisterAsync(Unique("alice")), await RegisterAsync(bob, acks: true));
        await SendAsync(sender, bob, 1, 2);
        var messages = await ReadAsync(receiver, 2);

        foreach (var acknowledged in new[] { messages[1], messages[1], messages[0] }) await AckAsync(receiver, acknowledged.Number("seq"));

        await receiver.ExpectNothingElseAsync();
        await receiver.CloseAsync();
        await (await RegisterAsync(bob, acks: true)).ExpectNothingElseAsync();
    }

    [Theory]
    [InlineData("\"seq\":1")]
    [InlineData("\"seq\":\"first\",\"seq\":{}")]
    [InlineData("\"\\u0073eq\":9007199254740991")]
    public async Task A_seq_that_the_sender_chose_is_out_of_force(string chosen)
    {
        var bob = Unique("bob");
        var (sender, receiver) = (await RegisterAsync(Unique("alice")), await RegisterAsync(bob, acks: true));
        await SendAsync(sender, bob, 1, 1);
        var before = await receiver.NextAsync("offer");

        await sender.SendAsync($$"""{{{chosen}},"type":"offer","to":"{{bob}}"}""");

        var message = await receiver.NextAsync("offer");
        Assert.Equal(before.Number("seq") + 1, message.Number("seq"));
        await AckAsync(receiver, message.Number("seq"));
        await receiver.ExpectNothingElseAsync();
    }

    [Fact]
    public async Task Without_acks_messages_keep_their_bytes_and_a_seq_is_the_senders()
    {
        var (alice, bob) = (Unique("alice"), Unique("bob"));
        var sender = await RegisterAsync(alice);
        await sender.SendAsync($$"""{"type":"offer","to":"{{bob}}","seq":7}""");
        await sender.NextAsync("peer-offline");

        var receiver = await RegisterAsync(bob);
        await sender.SendAsync($$"""{"type":"offer","to":"{{bob}}","seq":8}""");

        var stored = await receiver.NextAsync("offline-message");
        Assert.Equal(["type", "originalMessage", "storedAt", "deliveredAt"], stored.Members);
        Assert.Equal($$"""{"type":"offer","to":"{{bob}}","seq":7,"from":"{{alice}}"}""", stored.Raw("originalMessage"));
        Assert.Equal($$"""{"type":"offer","to":"{{bob}}","seq":8,"from":"{{alice}}"}""", (await receiver.NextAsync("offer")).Text);
    }

    private static Task AckAsync(SignalingClient client, long seq) => client.SendAsync($$"""{"type":"ack","seq":{{seq}}}""");

    private static async Task SendAsync(SignalingClient sender, string to, int first, int count)
    {
        for (var n = first; n < first + count; n++) await sender.SendAsync($$"""{"type":"offer","to":"{{to}}","n":{{n}}}""");
    }

    private static async Task<IReadOnlyList<Received>> ReadAsync(SignalingClient receiver, int count)
    {
        var messages = new List<Received>();
        while (messages.Count < count) messages.Add(await receiver.NextAsync());
        return messages;
    }
}
