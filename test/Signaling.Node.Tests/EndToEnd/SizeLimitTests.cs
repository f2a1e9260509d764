using System.Text;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

public sealed class SizeLimitTests(DefaultNode node) : NodeTests<DefaultNode>(node)
{
    private const int Limit = 1_000_000;

    [Fact]
    public async Task A_message_of_exactly_the_limit_is_relayed()
    {
        var (alice, bob) = (Unique("alice"), Unique("bob"));
        var (sender, receiver) = (await RegisterAsync(alice), await RegisterAsync(bob));
        var offer = Offer(bob, Limit);

        await sender.SendAsync(offer);

        Assert.Equal($$"""{{offer[..^1]}},"from":"{{alice}}"}""", (await receiver.NextAsync("offer")).Text);
    }

    [Fact]
    public async Task A_message_of_exactly_the_limit_is_kept_and_its_wrapper_stays_below_1_MiB()
    {
        var (alice, bob) = (Unique("alice"), Unique("bob"));
        var sender = await RegisterAsync(alice);
        var offer = Offer(bob, Limit);
        await sender.SendAsync(offer);
        await sender.NextAsync("peer-offline");

        var receiver = await RegisterAsync(bob);

        var stored = await receiver.NextAsync("offline-message");
        Assert.Equal($$"""{{offer[..^1]}},"from":"{{alice}}"}""", stored.Raw("originalMessage"));
        Assert.InRange(Encoding.UTF8.GetByteCount(stored.Text), Limit, 1_048_576);
    }

    [Fact]
    public async Task A_message_of_one_byte_more_is_refused_with_a_reason_before_the_close()
    {
        var bob = Unique("bob");
        var (sender, receiver) = (await RegisterAsync(Unique("alice")), await RegisterAsync(bob));

        await sender.SendAsync(Offer(bob, Limit + 1));

        var error = await sender.NextAsync("error");
        Assert.Equal(("Message too large: the limit in bytes is 1000000", "message-too-large"), (error.Value("error"), error.Value("code")));
        Assert.Equal(1009, (await sender.ClosedAsync()).Code);
        await receiver.ExpectNothingElseAsync();
    }

    private static readonly Dictionary<string, byte[]> TooLarge = new()
    {
        ["whole"] = ClientFrame.Of(0x81, Spaces(Limit + 1)),
        ["a header alone, whose body never comes"] = ClientFrame.Of(0x81, Spaces(Limit + 1))[..14],
        ["the header of the longest frame there is"] = [0x81, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4],
        ["two fragments"] = [.. ClientFrame.Of(0x01, Spaces(600_000)), .. ClientFrame.Of(0x80, Spaces(400_001))],
        ["fragments without a last one"] = [.. ClientFrame.Of(0x01, Spaces(500_000)), .. ClientFrame.Of(0x00, Spaces(500_000)), .. ClientFrame.Of(0x00, Spaces(1))[..6]],
        ["binary"] = ClientFrame.Of(0x82, Spaces(Limit + 1)),
        ["with more behind it"] = [.. ClientFrame.Of(0x81, Spaces(Limit + 1)), .. ClientFrame.Text("""{"type":"ping"}"""), .. ClientFrame.Of(0x81, Spaces(Limit))],
    };

    public static TheoryData<string> WaysToBeTooLarge => [.. TooLarge.Keys];

    [Theory]
    [MemberData(nameof(WaysToBeTooLarge))]
    public async Task However_it_comes_the_client_reads_the_error_and_1009_before_the_orderly_end(string way)
    {
        var client = await OpenRawAsync();
        var sending = client.SendAsync(TooLarge[way]);

        var answers = await client.ReadToEndAsync();
        await sending;

        Assert.Equal(2, answers.Count);
        Assert.Equal("message-too-large", new Received(answers[0].Text).Value("code"));
        Assert.Equal(1009, answers[1].CloseCode);
    }

    [Fact]
    public async Task What_was_sent_before_it_is_answered_and_relayed_before_it()
    {
        var bob = Unique("bob");
        var (client, receiver) = (await OpenRawAsync(), await RegisterAsync(bob));

        await client.SendAsync((byte[])
        [
            .. ClientFrame.Text("""{"type":"ping"}"""),
            .. ClientFrame.Text($$"""{"type":"register","peerId":"{{Unique("alice")}}"}"""),
            .. ClientFrame.Text($$"""{"type":"offer","to":"{{bob}}"}"""),
            .. ClientFrame.Text("""{"type":"ping"}"""),
            .. ClientFrame.Of(0x81, new byte[Limit + 1])[..14],
        ]);

        var answers = await client.ReadToEndAsync();
        Assert.Equal(["pong", "registered", "pong", "error"], answers.SkipLast(1).Select(frame => new Received(frame.Text).Type));
        Assert.Equal(1009, answers[^1].CloseCode);
        await receiver.NextAsync("offer");
    }

    private static string Offer(string to, int bytes)
    {
        var empty = $$"""{"type":"offer","to":"{{to}}","sdp":""}""";
        return $"{empty[..^2]}{new string('x', bytes - empty.Length)}{empty[^2..]}";
    }

    private static byte[] Spaces(int count)
    {
        var spaces = new byte[count];
        spaces.AsSpan().Fill((byte)' ');
        return spaces;
    }
}

/// <summary>Takes no large messages.</summary>
public sealed class FrugalNode() : NodeFixture("--set", "Connection:MaxMessageBytes=1024");

public sealed class ConfiguredSizeLimitTests(FrugalNode node) : NodeTests<FrugalNode>(node)
{
    [Fact]
    public async Task The_limit_is_a_setting()
    {
        var client = await ConnectAsync();

        await client.SendAsync("""{"type":"ping"}""".PadRight(1_024));
        await client.NextAsync("pong");
        await client.SendAsync("""{"type":"ping"}""".PadRight(1_025));

        Assert.Equal("Message too large: the limit in bytes is 1024", (await client.NextAsync("error")).Value("error"));
        Assert.Equal(1009, (await client.ClosedAsync()).Code);
    }
}
