using System.Text;
using Signaling.AspNetCore.Transport;
using static Signaling.Node.Tests.Transport.ClientFrames;

namespace Signaling.Node.Tests.Transport;

/// <summary>RFC 6455 §5.4 and §5.5: messages in several frames, and control frames between them.</summary>
public sealed class FragmentationSpecs
{
    [Fact]
    public void Fragments_become_one_message()
    {
        Assert.Equal(["message one two three"], FrameLog.Read(Text("one ", fin: false), Continuation("two ", fin: false), Continuation("three")));
    }

    [Fact]
    public void Each_fragment_has_its_own_key()
    {
        var first = Frame(Opcode.Text, "first "u8, fin: false, key: 0x01020304);
        var second = Frame(Opcode.Continuation, "second "u8, fin: false, key: 0xA0B0C0D0);
        var third = Frame(Opcode.Continuation, "third"u8, key: 0);

        Assert.Equal(["message first second third"], FrameLog.Read(first, second, third));
    }

    [Fact]
    public void Binary_fragments_become_one_message()
    {
        Assert.Equal(["message 0xFF00FE"], FrameLog.Read(Frame(Opcode.Binary, [0xFF, 0], fin: false), Frame(Opcode.Continuation, [0xFE])));
    }

    [Fact]
    public void A_ping_between_fragments_comes_before_the_message()
    {
        Assert.Equal(["ping x", "message ab"], FrameLog.Read(Text("a", fin: false), Ping("x"), Continuation("b")));
    }

    [Fact]
    public void Control_frames_between_fragments_come_in_their_order_and_leave_the_message_as_it_is()
    {
        var events = FrameLog.Read(
            Ping("1"), Text("a", fin: false), Ping("2"), Pong("3"), Continuation("", fin: false), Ping(""), Continuation("b", fin: false), Pong(""), Continuation("c"), Ping("4"));

        Assert.Equal(["ping 1", "ping 2", "pong 3", "ping", "pong", "message abc", "ping 4"], events);
    }

    [Fact]
    public void A_close_between_fragments_is_reported()
    {
        Assert.Equal(["close 1000"], FrameLog.Read(Text("a", fin: false), Frame(Opcode.Close, [0x03, 0xE8])));
    }

    [Theory]
    [InlineData("message", "", "")]
    [InlineData("message", "", "", "")]
    [InlineData("message a", "", "a", "")]
    [InlineData("message ab", "a", "", "b")]
    [InlineData("message ab", "", "", "a", "", "", "b", "", "")]
    public void Fragments_of_no_bytes_add_nothing(string expected, params string[] parts)
    {
        byte[][] frames = [Text(parts[0], fin: false), .. parts[1..^1].Select(part => Continuation(part, fin: false)), Continuation(parts[^1])];

        Assert.Equal([expected, "message next"], FrameLog.Read([.. frames, Text("next")]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_continuation_without_a_message_breaks_the_protocol(bool fin)
    {
        Assert.Equal(["violation 1002"], FrameLog.Read(Continuation("a", fin)));
        Assert.Equal(["message a", "violation 1002"], FrameLog.Read(Text("a"), Continuation("b", fin)));
        Assert.Equal(["message ab", "violation 1002"], FrameLog.Read(Text("a", fin: false), Continuation("b"), Continuation("c", fin)));
        Assert.Equal(["ping x", "violation 1002"], FrameLog.Read(Ping("x"), Continuation("b", fin)));
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(1, false)]
    [InlineData(2, true)]
    [InlineData(2, false)]
    public void A_new_message_inside_another_breaks_the_protocol(int opcode, bool fin)
    {
        var second = Frame((Opcode)opcode, "b"u8, fin);

        Assert.Equal(["violation 1002"], FrameLog.Read(Text("a", fin: false), second));
        Assert.Equal(["violation 1002"], FrameLog.Read(Text("", fin: false), second));
        Assert.Equal(["ping x", "violation 1002"], FrameLog.Read(Frame(Opcode.Binary, [0xFF], fin: false), Continuation("b", fin: false), Ping("x"), second));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    public void A_fragmented_control_frame_breaks_the_protocol(int opcode)
    {
        Assert.Equal(["message a", "violation 1002"], FrameLog.Read(Text("a"), Frame((Opcode)opcode, [], fin: false)));
        Assert.Equal(["violation 1002"], FrameLog.Read(Text("a", fin: false), Frame((Opcode)opcode, [0x03, 0xE8], fin: false)));
    }

    [Theory]
    [InlineData(9, "ping")]
    [InlineData(10, "pong")]
    public void A_control_frame_carries_up_to_125_bytes(int opcode, string name)
    {
        var longest = new string('p', 125);

        Assert.Equal([$"{name} {longest}", name, $"{name} 0x00FF"], FrameLog.Read(
            Frame((Opcode)opcode, Encoding.UTF8.GetBytes(longest)), Frame((Opcode)opcode, []), Frame((Opcode)opcode, [0x00, 0xFF])));
    }

    [Theory]
    [InlineData(8, 126)]
    [InlineData(9, 126)]
    [InlineData(10, 126)]
    [InlineData(8, 65_536)]
    [InlineData(9, 65_536)]
    [InlineData(10, 65_536)]
    public void A_control_frame_above_125_bytes_breaks_the_protocol_in_its_second_byte(int opcode, int length)
    {
        var header = Header((Opcode)opcode, (ulong)length);

        Assert.Equal(["violation 1002"], new FrameLog().Add(header.AsSpan(0, 2)).Events);
    }

    [Theory]
    [InlineData(9, 2)]
    [InlineData(9, 8)]
    [InlineData(8, 2)]
    public void A_control_frame_with_an_extended_length_breaks_the_protocol(int opcode, int lengthBytes)
    {
        Assert.Equal(["violation 1002"], FrameLog.Read(Frame((Opcode)opcode, [0x03, 0xE8], lengthBytes: lengthBytes)));
    }

    [Fact]
    public void Ten_pings_in_one_read_are_ten_pings()
    {
        byte[][] pings = [.. Enumerable.Range(0, 10).Select(i => Ping($"{i}"))];

        Assert.Equal(["ping 0", "ping 1", "ping 2", "ping 3", "ping 4", "ping 5", "ping 6", "ping 7", "ping 8", "ping 9"], FrameLog.Read(pings));
    }
}
