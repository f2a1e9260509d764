using Signaling.AspNetCore.Transport;
using static Signaling.Node.Tests.Transport.ClientFrames;

namespace Signaling.Node.Tests.Transport;

/// <summary>RFC 6455 §7.4.1, §10.4: a message above the limit is refused by what its headers announce, and memory follows what has arrived.</summary>
public sealed class SizeLimitSpecs
{
    [Theory]
    [InlineData(10, 10)]
    [InlineData(125, 125)]
    [InlineData(126, 126)]
    [InlineData(65_535, 65_535)]
    [InlineData(65_536, 65_536)]
    [InlineData(65_537, 65_536)]
    public void A_message_of_exactly_the_limit_passes(int limit, int length)
    {
        var text = new string('m', length);

        Assert.Equal([$"message {text}", $"message {text}"], FrameLog.Read(limit, Text(text), Text(text)));
    }

    [Theory]
    [InlineData(10, 11)]
    [InlineData(125, 126)]
    [InlineData(126, 127)]
    [InlineData(65_535, 65_536)]
    [InlineData(65_536, 65_537)]
    [InlineData(1_000_000, 1_000_001)]
    public void A_message_of_one_byte_more_is_refused_by_its_header(int limit, int length)
    {
        Assert.Equal(["message a", "violation 1009"], FrameLog.Read(limit, Text("a"), Header(Opcode.Text, (ulong)length)));
        Assert.Equal(["violation 1009"], FrameLog.Read(limit, Header(Opcode.Binary, (ulong)length, fin: false)));
    }

    [Fact]
    public void Fragments_of_exactly_the_limit_pass()
    {
        Assert.Equal(["message 0123456789"], FrameLog.Read(10, Text("0123", fin: false), Continuation("45678", fin: false), Continuation("9", fin: false), Continuation("")));
    }

    [Fact]
    public void Fragments_are_refused_by_the_header_that_takes_their_sum_above_the_limit()
    {
        Assert.Equal(["violation 1009"], FrameLog.Read(10, Text("0123456789", fin: false), Header(Opcode.Continuation, 1)));
        Assert.Equal(["violation 1009"], FrameLog.Read(10, Text("01234", fin: false), Continuation("5678", fin: false), Header(Opcode.Continuation, 2, fin: false)));
    }

    [Fact]
    public void Each_message_starts_from_nothing()
    {
        Assert.Equal(
            ["message 01234567", "message 01234567", "message 0123456789"],
            FrameLog.Read(10, Text("01234567"), Text("0123", fin: false), Continuation("4567"), Text("0123456789")));
    }

    [Fact]
    public void Control_frames_do_not_count_toward_the_limit()
    {
        Assert.Equal(["ping ping above the limit", "message 0123456789"], FrameLog.Read(10, Text("01234", fin: false), Ping("ping above the limit"), Continuation("56789")));
    }

    [Theory]
    [InlineData(0x0000_0000_000F_4241ul)]                           // a million and one
    [InlineData(0x0000_0000_8000_0000ul)]                           // negative as 32 bits
    [InlineData(0x0000_0001_0000_0000ul)]                           // nothing as 32 bits
    [InlineData(0x0000_0001_0000_0005ul)]
    [InlineData(0x7FFF_FFFF_FFFF_FFFFul)]
    public void A_huge_length_is_refused_before_any_payload_and_costs_no_memory(ulong length)
    {
        var header = Header(Opcode.Binary, length);
        Assert.Equal(["violation 1009"], FrameLog.Read(header));

        var reader = new FrameReader(FrameLog.Limit);
        Assert.InRange(AllocatedBy(() => Feed(reader, header)), 0, 1_000);
    }

    [Fact]
    public void A_huge_continuation_is_refused_too()
    {
        Assert.Equal(["violation 1009"], FrameLog.Read(Text("a", fin: false), Header(Opcode.Continuation, 0x7FFF_FFFF_FFFF_FFFF)));
    }

    [Fact]
    public void The_largest_limit_does_not_overflow()
    {
        Assert.Equal(["violation 1009"], FrameLog.Read(int.MaxValue, Text("a", fin: false), Header(Opcode.Continuation, int.MaxValue)));
        Assert.Equal(["violation 1009"], FrameLog.Read(int.MaxValue, Header(Opcode.Binary, int.MaxValue + 1ul)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_length_that_is_only_announced_costs_no_memory(bool fin)
    {
        byte[] begun = [.. Header(Opcode.Binary, 900_000, fin), 1, 2, 3];
        Feed(new FrameReader(FrameLog.Limit), begun);
        var reader = new FrameReader(FrameLog.Limit);

        Assert.InRange(AllocatedBy(() => Feed(reader, begun)), 0, 1_000);
    }

    [Fact]
    public void A_message_as_large_as_most_gets_its_memory_once()
    {
        var message = Text(new string('x', 6_000));
        Feed(new FrameReader(FrameLog.Limit), message);
        var reader = new FrameReader(FrameLog.Limit);

        var allocated = AllocatedBy(() =>
        {
            for (var i = 0; i < message.Length; i += 1_000) Feed(reader, message.AsSpan(i, Math.Min(1_000, message.Length - i)));
        });

        Assert.InRange(allocated, 6_000, 6_500);
    }

    [Fact]
    public void A_message_in_tiny_fragments_costs_a_few_times_its_size()
    {
        var reader = new FrameReader(FrameLog.Limit);
        var (first, next, last) = (Text("a", fin: false), Continuation("b", fin: false), Continuation("c"));

        var allocated = AllocatedBy(() =>
        {
            Feed(reader, first);
            for (var i = 0; i < 49_998; i++) Feed(reader, next);
            Feed(reader, last);
        });

        Assert.InRange(allocated, 50_000, 300_000);
    }

    private static long AllocatedBy(Action action)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static void Feed(FrameReader reader, ReadOnlySpan<byte> bytes) => reader.TryRead(ref bytes, out _);
}
