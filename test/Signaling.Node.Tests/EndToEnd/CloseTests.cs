using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

/// <summary>RFC 6455 §5.5.1 and §7: how a client's close goes on the wire.</summary>
public sealed class CloseTests(QuickPresenceNode node) : NodeTests<QuickPresenceNode>(node)
{
    [Fact]
    public async Task What_a_client_said_before_it_closes_is_answered_before_the_close_is()
    {
        var client = await OpenRawAsync();

        await client.SendAsync(new byte[][]
        {
            ClientFrame.Text($$"""{"type":"register","peerId":"{{Unique("alice")}}"}"""),
            ClientFrame.Text("""{"type":"ping"}"""),
            ClientFrame.Text("""{"type":"nonsense"}"""),
            ClientFrame.Close(1000),
            ClientFrame.Text("""{"type":"ping"}"""),
        }.SelectMany(frame => frame).ToArray());

        var frames = await client.ReadToEndAsync();
        Assert.Equal(["registered", "pong", "error"], frames.SkipLast(1).Select(frame => new Received(frame.Text).Type));
        Assert.True(frames[^1].IsClose);
        Assert.Equal(1000, frames[^1].CloseCode);
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(1001)]
    [InlineData(1003)]
    [InlineData(1011)]
    [InlineData(3000)]
    [InlineData(4999)]
    public async Task A_close_is_answered_with_its_code_and_the_connection_ends_in_order(int code)
    {
        var client = await RegisterRawAsync(Unique("alice"));

        await client.SendAsync(ClientFrame.Close(code, "done"));

        var close = Assert.Single(await client.ReadToEndAsync());
        Assert.Equal((true, code), (close.IsClose, close.CloseCode));
    }

    [Fact]
    public async Task A_client_that_only_ends_its_half_of_the_connection_is_gone()
    {
        var alice = Unique("alice");
        var observer = await RegisterAsync(Unique("observer"));
        var client = await RegisterRawAsync(alice);
        await observer.NextPresenceAsync(alice, "online");

        client.EndSending();

        Assert.Empty(await client.ReadToEndAsync());
        await observer.NextPresenceAsync(alice, "offline");
    }

    [Fact]
    public async Task What_follows_a_broken_frame_is_read_away_so_that_the_client_sees_why_it_is_closed()
    {
        var client = await RegisterRawAsync(Unique("alice"));

        await client.SendAsync(ClientFrame.Of(0x83, []));           // a reserved opcode
        await client.SendAsync(new byte[500_000]);

        var close = Assert.Single(await client.ReadToEndAsync());
        Assert.Equal((true, 1002), (close.IsClose, close.CloseCode));
    }
}
