using System.Text;
using Signaling.Actors.Protocol;
using Signaling.AspNetCore.Transport;

namespace Signaling.Node.Tests.Transport;

/// <summary>What goes first, what replaces what, and what a close leaves (RFC 6455 §5.5.1).</summary>
public sealed class OutboundLanesSpecs
{
    private static readonly PeerId Alice = Peer("alice");
    private static readonly PeerId Bob = Peer("bob");

    private readonly OutboundLanes _lanes = new();

    [Fact]
    public void Control_goes_before_signaling_and_signaling_before_presence()
    {
        _lanes.SendPresence(Alice, Bytes("alice is here"));
        _lanes.Send(Bytes("offer"));
        _lanes.Send(Bytes("candidate"));
        _lanes.SendControl(Opcode.Ping, Bytes("1"));
        _lanes.SendControl(Opcode.Pong, Bytes("2"));

        Assert.Equal(["Ping 1", "Pong 2", "Text offer", "Text candidate", "Text alice is here"], TakeAll());
    }

    [Fact]
    public void What_comes_later_still_goes_first_where_its_lane_does()
    {
        _lanes.Send(Bytes("offer"));
        _lanes.Send(Bytes("candidate"));
        Assert.Equal("Text offer", Take());

        _lanes.SendControl(Opcode.Pong, Bytes("1"));

        Assert.Equal(["Pong 1", "Text candidate"], TakeAll());
    }

    [Fact]
    public void The_last_presence_of_a_peer_replaces_the_one_that_waits_and_keeps_its_turn()
    {
        _lanes.SendPresence(Alice, Bytes("alice online"));
        _lanes.SendPresence(Bob, Bytes("bob online"));
        _lanes.SendPresence(Alice, Bytes("alice offline"));

        Assert.Equal(["Text alice offline", "Text bob online"], TakeAll());
    }

    [Fact]
    public void Presence_that_was_taken_is_not_replaced()
    {
        _lanes.SendPresence(Alice, Bytes("alice online"));
        Assert.Equal("Text alice online", Take());

        _lanes.SendPresence(Alice, Bytes("alice offline"));

        Assert.Equal(["Text alice offline"], TakeAll());
    }

    [Fact]
    public void Signaling_is_numbered_by_one_and_nothing_else_is()
    {
        Assert.Equal(1, _lanes.Send(Bytes("a")));
        _lanes.SendControl(Opcode.Ping, Bytes(""));
        _lanes.SendPresence(Alice, Bytes("p"));
        Assert.Equal(2, _lanes.Send(Bytes("b")));

        var numbers = new List<long>();
        while (_lanes.TryTake(out var frame)) numbers.Add(frame.Number);
        Assert.Equal([0, 1, 2, 0], numbers);
    }

    [Fact]
    public void A_close_goes_after_the_signaling_that_waits_and_drops_presence()
    {
        _lanes.SendPresence(Alice, Bytes("alice online"));
        _lanes.Send(Bytes("offer"));
        _lanes.SendControl(Opcode.Pong, Bytes("1"));

        _lanes.Close(Bytes("bye"), dropWaiting: false);

        Assert.True(_lanes.IsClosed);
        Assert.Equal(["Pong 1", "Text offer", "Close bye"], TakeAll());
    }

    [Fact]
    public void A_close_goes_instead_of_what_waits()
    {
        _lanes.SendPresence(Alice, Bytes("alice online"));
        _lanes.Send(Bytes("offer"));
        _lanes.SendControl(Opcode.Pong, Bytes("1"));

        _lanes.Close(Bytes("bye"), dropWaiting: true);

        Assert.Equal(0, _lanes.Bytes);
        Assert.Equal(["Close bye"], TakeAll());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Nothing_is_accepted_after_a_close(bool closeIsTaken)
    {
        _lanes.Close(Bytes("bye"), dropWaiting: false);
        if (closeIsTaken) Assert.Equal("Close bye", Take());

        _lanes.Send(Bytes("offer"));
        _lanes.SendControl(Opcode.Pong, Bytes("1"));
        _lanes.SendPresence(Alice, Bytes("alice online"));
        _lanes.Close(Bytes("again"), dropWaiting: false);

        Assert.Equal(0, _lanes.Bytes);
        Assert.Equal(closeIsTaken ? [] : ["Close bye"], TakeAll());
        Assert.True(_lanes.IsEmpty);
    }

    [Fact]
    public void A_second_close_may_drop_what_waits_but_keeps_the_first_code()
    {
        _lanes.Send(Bytes("offer"));
        _lanes.Close(Bytes("first"), dropWaiting: false);

        _lanes.Close(Bytes("second"), dropWaiting: true);

        Assert.Equal(["Close first"], TakeAll());
    }

    [Fact]
    public void Frames_without_a_payload_wait_too()
    {
        Assert.True(_lanes.IsEmpty);

        _lanes.SendControl(Opcode.Ping, default);

        Assert.False(_lanes.IsEmpty);
        Assert.Equal(["Ping"], TakeAll());
        Assert.True(_lanes.IsEmpty);
    }

    /// <summary>A client that sends empty pings and reads no pong must fill its queue, or the queue takes all memory.</summary>
    [Fact]
    public void An_empty_frame_counts_as_the_memory_it_takes()
    {
        for (var i = 0; i < 1_000; i++) _lanes.SendControl(Opcode.Pong, default);
        Assert.InRange(_lanes.Bytes, 32_000, 128_000);

        TakeAll();

        Assert.Equal(0, _lanes.Bytes);
    }

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static PeerId Peer(string id) => PeerId.TryParse(id, out var peer) ? peer : throw new ArgumentException(id);

    private string Take()
    {
        Assert.True(_lanes.TryTake(out var frame));
        return $"{frame.Opcode} {Encoding.UTF8.GetString(frame.Payload.Span)}".TrimEnd();
    }

    private string[] TakeAll()
    {
        var taken = new List<string>();
        while (!_lanes.IsEmpty) taken.Add(Take());
        Assert.False(_lanes.TryTake(out _));
        return [.. taken];
    }
}
