using Signaling.Actors.Protocol;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Connections;

/// <summary>A client that reads too slowly for what is sent to it is closed; its messages wait in its mailbox, and what is held for it has a bound.</summary>
public sealed class SlowReaderSpecs : NodeSpecs
{
    private readonly InMemorySocket _alice;
    private readonly InMemorySocket _bob;

    public SlowReaderSpecs()
    {
        Mailbox.MaxPendingBytes = 4 * (250 + 256);                  // a message counts 256 bytes more than it has
        _alice = Register("alice");
        _bob = Register("bob", isWritable: false);
    }

    [Fact]
    public void It_is_closed_with_1013_once_its_bound_is_reached()
    {
        Send(1, 4);
        var before = _bob.CloseFrame;
        Send(5, 5);

        Assert.Null(before);
        Assert.Equal((CloseCode.TryAgainLater, "reading too slowly"), _bob.CloseFrame);
    }

    [Fact]
    public void At_twice_the_bound_its_senders_are_told_that_it_is_busy()
    {
        Send(1, 8);
        var before = _alice.Types.ToArray();
        Send(9, 9);

        Assert.Equal(["registered"], before);
        Assert.Equal(["registered", "error"], _alice.Types);
        Assert.Contains("\"code\":\"recipient-busy\",\"id\":\"m9\"", _alice.Received[^1]);
    }

    [Fact]
    public void What_it_did_not_read_comes_in_order_when_it_returns()
    {
        Send(1, 2);
        _bob.WriteOut(2);                                           // `registered` and the first
        Send(3, 8);

        Advance(Connection.CloseTimeout);
        Send(9, 9);
        var bobAgain = Register("bob");

        Assert.True(_bob.IsGone);
        Assert.Equal([1], Numbers(_bob));
        Assert.Equal([2, 3, 4, 5, 6, 7, 8, 9], Numbers(bobAgain));
        Assert.Equal(["registered", "peer-offline"], _alice.Types);
    }

    [Fact]
    public void What_waited_before_it_came_does_not_count()
    {
        foreach (var n in Enumerable.Range(1, 10)) _alice.Says($$"""{"type":"offer","to":"carol","n":{{n}},"sdp":"{{new string('x', 200)}}"}""");
        var carol = Register("carol");

        _alice.Says("""{"type":"offer","to":"carol","n":11}""");

        Assert.Null(carol.CloseFrame);
        Assert.Equal(Enumerable.Range(1, 11), Numbers(carol));
    }

    [Fact]
    public void Small_messages_count_as_what_they_take_in_memory()
    {
        Mailbox.MaxPendingBytes = 100_000;
        Register("carol", isWritable: false);

        for (var n = 1; n <= 1_000; n++) _alice.Says($$"""{"type":"offer","to":"carol","n":{{n}}}""");

        var refused = _alice.Types.Count(type => type == "error");
        Assert.InRange(1_000 - refused, 200_000 / (256 + 60), 200_000 / 256);
    }

    /// <summary>Each takeover, and each return, takes what waits already for no fault of its own.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void One_that_comes_again_and_again_and_reads_nothing_has_a_bound_all_the_same(bool leaves)
    {
        Mailbox.MaxBytes = 10_000;
        var sent = 0;
        var socket = _bob;
        foreach (var _ in Enumerable.Range(1, 12))
        {
            Send(sent + 1, sent += 10);
            if (leaves) socket.Vanish();
            socket = Register("bob", isWritable: false);
        }
        socket.WriteOut(int.MaxValue);
        Advance(TimeSpan.FromSeconds(5));
        socket.WriteOut(int.MaxValue);

        var accepted = sent - _alice.Types.Count(type => type == "error");
        Assert.Equal((10_000 / (250 + 256)) + 9, accepted);         // and twice 4, and the one that crosses the bound
        Assert.Equal(accepted, Numbers(socket).Count());
    }

    [Fact]
    public void It_is_online_until_it_is_gone_and_nobody_else_is_held_up()
    {
        var carol = Register("carol");
        Send(1, 9);

        carol.Says("""{"type":"offer","to":"alice","n":100}""");

        Assert.Equal([100], Numbers(_alice));
        Assert.Equal(3, Metrics.Peers);
        Advance(Connection.CloseTimeout);
        Assert.Equal(2, Metrics.Peers);
    }

    /// <summary>Messages of 250 bytes, as they are relayed.</summary>
    private void Send(int first, int last)
    {
        for (var n = first; n <= last; n++)
            _alice.Says($$"""{"type":"offer","to":"bob","from":"alice","id":"m{{n}}","n":{{n}},"sdp":"{{new string('x', 183)}}"}""");
    }
}
