using System.Text;
using Signaling.AspNetCore.Transport;

namespace Signaling.Node.Tests.Transport;

/// <summary>What goes first, what replaces what, and what a close leaves (RFC 6455 §5.5.1).</summary>
public sealed class OutboundLanesSpecs
{
    private readonly OutboundLanes _lanes = new();
    private readonly QueuedPresence _presence = new();

    public OutboundLanesSpecs() => _lanes.Follow(_presence);

    [Fact]
    public void Control_goes_before_signaling_and_signaling_before_presence()
    {
        _presence.Add(Bytes("alice is here"));
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
    public void Presence_is_read_only_when_it_is_its_turn_and_from_where_the_lanes_follow_now()
    {
        _presence.Add(Bytes("alice online"));
        _lanes.Send(Bytes("offer"));
        Assert.Equal("Text offer", Take());

        _lanes.Follow(null);

        Assert.True(_lanes.IsEmpty);
        Assert.True(_presence.HasNews);
    }

    [Fact]
    public void Deliveries_are_numbered_by_one_and_nothing_else_is()
    {
        Assert.Equal(1, _lanes.Deliver(Bytes("a")));
        _lanes.SendControl(Opcode.Ping, Bytes(""));
        _presence.Add(Bytes("p"));
        _lanes.Send(Bytes("pong"));
        Assert.Equal(2, _lanes.Deliver(Bytes("b")));

        var numbers = new List<long>();
        while (_lanes.TryTake(out var frame)) numbers.Add(frame.Number);
        Assert.Equal([0, 1, 0, 2, 0], numbers);
    }

    [Fact]
    public void A_close_goes_after_what_waits_and_drops_presence()
    {
        _presence.Add(Bytes("alice online"));
        _lanes.Send(Bytes("offer"));
        _lanes.SendControl(Opcode.Pong, Bytes("1"));

        _lanes.Close(Bytes("bye"));

        Assert.True(_lanes.IsClosed);
        Assert.Equal(["Pong 1", "Text offer", "Close bye"], TakeAll());
    }

    [Fact]
    public void A_close_may_go_instead_of_deliveries_but_not_of_what_the_node_says()
    {
        _lanes.Deliver(Bytes("offer"));
        _lanes.Send(Bytes("first error"));
        _lanes.Deliver(Bytes("candidate"));
        _lanes.Send(Bytes("second error"));
        _lanes.SendControl(Opcode.Pong, Bytes("1"));

        _lanes.DropDeliveries();
        _lanes.Close(Bytes("bye"));

        Assert.Equal(["Pong 1", "Text first error", "Text second error", "Close bye"], TakeAll());
        Assert.Equal(0, _lanes.Bytes);
    }

    [Fact]
    public void All_is_done_once_the_close_is_taken()
    {
        _lanes.Close(Bytes("bye"));
        Assert.False(_lanes.IsDone);

        Take();

        Assert.True(_lanes.IsDone);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Nothing_is_accepted_after_a_close(bool closeIsTaken)
    {
        _lanes.Close(Bytes("bye"));
        if (closeIsTaken) Assert.Equal("Close bye", Take());

        _lanes.Send(Bytes("offer"));
        _lanes.Deliver(Bytes("candidate"));
        _lanes.SendControl(Opcode.Pong, Bytes("1"));
        _lanes.Follow(_presence);
        _presence.Add(Bytes("alice online"));
        _lanes.Close(Bytes("again"));

        Assert.Equal(0, _lanes.Bytes);
        Assert.Equal(closeIsTaken ? [] : ["Close bye"], TakeAll());
        Assert.True(_lanes.IsEmpty);
    }

    [Fact]
    public void A_second_close_may_drop_deliveries_but_keeps_the_first_code()
    {
        _lanes.Deliver(Bytes("offer"));
        _lanes.Close(Bytes("first"));

        _lanes.DropDeliveries();
        _lanes.Close(Bytes("second"));

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
