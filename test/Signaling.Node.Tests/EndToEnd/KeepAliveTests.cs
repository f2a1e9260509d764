using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

public sealed class KeepAliveTests(ImpatientNode node) : NodeTests<ImpatientNode>(node)
{
    private static readonly byte[] EmptyFragment = ClientFrame.Of(0x00, []);

    [Fact]
    public async Task A_client_that_neither_reads_nor_writes_is_noticed_and_announced_offline()
    {
        var bob = Unique("bob");
        var watching = await RegisterAsync(Unique("observer"));

        await RegisterRawAsync(bob);

        await watching.NextPresenceAsync(bob, "online");
        await watching.NextPresenceAsync(bob, "offline");
    }

    [Fact]
    public async Task A_client_that_answers_pings_lives_on()
    {
        var client = await RegisterRawAsync(Unique("bob"));

        await LiveThroughPingsAsync(client, ping => ClientFrame.Of(0x8A, ping.Payload));
    }

    [Fact]
    public async Task Any_frame_is_a_sign_of_life()
    {
        var fragmented = await RegisterRawAsync(Unique("bob"));
        await fragmented.SendAsync(ClientFrame.Of(0x01, "{\"type\":"u8.ToArray()));

        await Task.WhenAll(
            LiveThroughPingsAsync(await RegisterRawAsync(Unique("bob")), _ => ClientFrame.Text("""{"type":"ping"}""")),
            LiveThroughPingsAsync(await RegisterRawAsync(Unique("bob")), _ => ClientFrame.Text("""{"type":"heartbeat"}""")),
            LiveThroughPingsAsync(await RegisterRawAsync(Unique("bob")), _ => ClientFrame.Text("nonsense")),
            LiveThroughPingsAsync(await RegisterRawAsync(Unique("bob")), _ => ClientFrame.Of(0x89, [])),
            LiveThroughPingsAsync(await RegisterRawAsync(Unique("bob")), _ => ClientFrame.Of(0x8A, "unasked"u8.ToArray())),
            LiveThroughPingsAsync(fragmented, _ => EmptyFragment, end: ClientFrame.Of(0x80, "\"pong-me\"}"u8.ToArray())));
    }

    /// <summary>Shows life at each of three pings; the next one comes only where that counted. Then the node still answers.</summary>
    private static async Task LiveThroughPingsAsync(RawClient client, Func<RawFrame, byte[]> life, byte[]? end = null)
    {
        for (var pings = 0; pings < 3;)
        {
            var frame = await client.FrameAsync() ?? throw new EndOfStreamException($"The node ended the connection after {pings} pings.");
            if (!frame.IsPing) continue;
            pings++;
            await client.SendAsync(life(frame));
        }
        await client.SendAsync(end ?? ClientFrame.Text("""{"type":"last-word"}"""));
        while ((await client.FrameAsync() ?? throw new EndOfStreamException("The node ended the connection.")).Text is var text)
        {
            if (text.Contains("Unknown message type", StringComparison.Ordinal)) return;
        }
    }
}

/// <summary>Leaves as little time to register as the options allow.</summary>
public sealed class HastyNode() : NodeFixture("--set", "Connection:RegistrationTimeout=00:00:01");

public sealed class RegistrationTimeoutTests(HastyNode node) : NodeTests<HastyNode>(node)
{
    [Fact]
    public async Task A_client_that_does_not_register_is_closed_with_4008()
    {
        var client = await ConnectAsync();
        await client.SendAsync("""{"type":"ping"}""");

        Assert.Equal(new Closing(4008, "registration timeout"), await client.ClosedAsync());
        await client.NextAsync("pong");
    }

    [Fact]
    public async Task A_client_that_unregisters_is_closed_with_4008_while_another_stays()
    {
        var (leaving, staying) = (await RegisterAsync(Unique("alice")), await RegisterAsync(Unique("bob")));
        await leaving.SendAsync("""{"type":"unregister"}""");

        Assert.Equal(4008, (await leaving.ClosedAsync()).Code);
        await staying.ExpectNothingElseAsync();
    }
}
