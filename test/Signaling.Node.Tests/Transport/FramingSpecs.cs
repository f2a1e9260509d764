using Signaling.AspNetCore.Transport;

namespace Signaling.Node.Tests.Transport;

/// <summary>RFC 6455 §5.1 to §5.3: the header, its lengths and the mask. Every stream is read whole and byte by byte.</summary>
public sealed class FramingSpecs
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(125)]
    [InlineData(126)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    public void A_text_of_every_length_class_arrives_whole(int length)
    {
        var text = new string('*', length);

        Assert.Equal([$"message {text}".TrimEnd(), "message next"], FrameLog.Read(ClientFrames.Text(text), ClientFrames.Text("next")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(125)]
    [InlineData(126)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    public void A_binary_message_of_every_length_class_arrives_whole(int length)
    {
        var payload = new byte[length];
        Array.Fill(payload, (byte)0xFE);
        var expected = length == 0 ? "message" : $"message 0x{Convert.ToHexString(payload)}";

        Assert.Equal([expected, "message next"], FrameLog.Read(ClientFrames.Frame(Opcode.Binary, payload), ClientFrames.Text("next")));
    }

    [Fact]
    public void The_masked_hello_of_the_RFC_is_read()
    {
        Assert.Equal(["message Hello"], FrameLog.Read(Convert.FromHexString("818537FA213D7F9F4D5158")));
    }

    [Theory]
    [InlineData(0x00000000u)]
    [InlineData(0xFFFFFFFFu)]
    [InlineData(0x01020304u)]
    [InlineData(0x80000000u)]
    public void Any_key_unmasks(uint key)
    {
        var frame = ClientFrames.Frame(Opcode.Text, "a key of four bytes, and a text of thirty-nine"u8, key: key);

        Assert.Equal(["message a key of four bytes, and a text of thirty-nine"], FrameLog.Read(frame));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    public void A_frame_without_a_mask_breaks_the_protocol(int opcode)
    {
        var frame = ClientFrames.Frame((Opcode)opcode, "ab"u8, masked: false);

        Assert.Equal(["message before", "violation 1002"], FrameLog.Read(ClientFrames.Text("before"), frame));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 2)]
    [InlineData(1, 3)]
    [InlineData(1, 4)]
    [InlineData(1, 5)]
    [InlineData(1, 6)]
    [InlineData(1, 7)]
    [InlineData(2, 4)]
    [InlineData(8, 4)]
    [InlineData(9, 1)]
    [InlineData(10, 2)]
    public void Reserved_bits_break_the_protocol(int opcode, int rsv)
    {
        var frame = ClientFrames.Frame((Opcode)opcode, [], rsv: rsv);

        Assert.Equal(["message before", "ping x", "violation 1002"], FrameLog.Read(ClientFrames.Text("before"), ClientFrames.Ping("x"), frame));
    }

    [Fact]
    public void Reserved_bits_break_the_protocol_in_a_continuation()
    {
        var frame = ClientFrames.Frame(Opcode.Continuation, "b"u8, rsv: 4);

        Assert.Equal(["violation 1002"], FrameLog.Read(ClientFrames.Text("a", fin: false), frame));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    [InlineData(14)]
    [InlineData(15)]
    public void A_reserved_opcode_breaks_the_protocol(int opcode)
    {
        var frame = ClientFrames.Frame((Opcode)opcode, "ab"u8);

        Assert.Equal(["message before", "violation 1002"], FrameLog.Read(ClientFrames.Text("before"), frame, ClientFrames.Ping("after")));
        Assert.Equal(["violation 1002"], FrameLog.Read(ClientFrames.Text("a", fin: false), frame));
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(125, 2)]
    [InlineData(0, 8)]
    [InlineData(125, 8)]
    [InlineData(126, 8)]
    [InlineData(65_535, 8)]
    public void A_length_in_more_bytes_than_needed_breaks_the_protocol(int length, int lengthBytes)
    {
        var header = ClientFrames.Header(Opcode.Binary, (ulong)length, lengthBytes: lengthBytes);

        Assert.Equal(["violation 1002"], FrameLog.Read(header));
    }

    [Theory]
    [InlineData(0x8000_0000_0000_0000ul)]
    [InlineData(0x8000_0000_0000_0001ul)]
    [InlineData(0x8000_0000_0001_0000ul)]
    [InlineData(0xFFFF_FFFF_FFFF_FFFFul)]
    public void A_length_with_its_top_bit_set_breaks_the_protocol(ulong length)
    {
        Assert.Equal(["violation 1002"], FrameLog.Read(ClientFrames.Header(Opcode.Binary, length)));
    }

    [Theory]
    [InlineData("C1")]                                              // RSV1
    [InlineData("83")]                                              // a reserved opcode
    [InlineData("09")]                                              // a fragmented ping
    [InlineData("80")]                                              // a continuation of nothing
    public void What_two_bytes_decide_waits_for_no_third(string first)
    {
        var log = new FrameLog().Add(Convert.FromHexString(first));
        Assert.Empty(log.Events);

        Assert.Equal(["violation 1002"], log.Add(0x80).Events);
    }

    [Fact]
    public void The_first_violation_is_the_last_event()
    {
        byte[] stream = [.. ClientFrames.Text("1"), .. ClientFrames.Ping("2"), .. ClientFrames.Frame((Opcode)3, [], rsv: 7), .. ClientFrames.Header(Opcode.Text, 2_000_000), .. ClientFrames.Text("3")];
        var log = new FrameLog();
        ReadOnlySpan<byte> rest = stream;
        var reader = new FrameReader(FrameLog.Limit);

        Assert.True(reader.TryRead(ref rest, out var message));
        Assert.True(reader.TryRead(ref rest, out var ping));
        Assert.True(reader.TryRead(ref rest, out var violation));

        Assert.Equal([FrameEventKind.Message, FrameEventKind.Ping, FrameEventKind.Violation], [message.Kind, ping.Kind, violation.Kind]);
        Assert.Equal("reserved bits are set", violation.Reason);
        Assert.Equal(["message 1", "ping 2", "violation 1002"], log.Add(stream).Events);
    }
}
