using CsCheck;

namespace Signaling.Node.Tests.Transport;

/// <summary>RFC 6455 §5.4: any fragmentation, any interleaving and any reads mean the same; and nothing a client sends throws.</summary>
public sealed class FrameReaderProperties
{
    private const int SmallLimit = 300;

    [Fact]
    public void Valid_frames_yield_their_events_in_order_however_they_are_split()
    {
        Gen.Select(FrameGens.ValidStream, FrameGens.Reads).Sample(
            (stream, reads) => Assert.Equal(stream.Events, Read(stream.Frames, reads, FrameLog.Limit).Events), iter: 2_000);
    }

    [Fact]
    public void Any_bytes_mean_the_same_however_they_are_read()
    {
        Gen.Select(FrameGens.PlausibleStream, FrameGens.Reads).Sample(
            (stream, reads) => Assert.Equal(Read(stream, [int.MaxValue], SmallLimit).Events, Read(stream, reads, SmallLimit).Events), iter: 10_000);
    }

    [Fact]
    public void Random_bytes_never_throw_and_never_make_a_message_above_the_limit()
    {
        Gen.Select(Gen.OneOf(Gen.Byte.Array[0, 400], FrameGens.PlausibleStream), FrameGens.Reads).Sample(
            (stream, reads) => Assert.InRange(Read(stream, reads, SmallLimit).LongestMessage, 0, SmallLimit), iter: 10_000);
    }

    [Fact]
    public void Valid_frames_with_some_bytes_changed_never_throw_and_never_make_a_message_above_the_limit()
    {
        Gen.Select(FrameGens.ValidStream, Gen.Select(Gen.Int[0, 2_000], Gen.Byte).Array[1, 5], FrameGens.Reads).Sample(
            (stream, changes, reads) => Assert.InRange(Read(Change(stream.Frames, changes), reads, SmallLimit).LongestMessage, 0, SmallLimit), iter: 5_000);
    }

    private static byte[] Change(byte[] stream, (int Position, byte Change)[] changes)
    {
        foreach (var (position, change) in changes)
        {
            if (stream.Length > 0) stream[position % stream.Length] ^= change;
        }
        return stream;
    }

    private static FrameLog Read(ReadOnlySpan<byte> stream, int[] reads, int limit)
    {
        var log = new FrameLog(limit);
        for (var i = 0; stream.Length > 0; i++)
        {
            var count = Math.Min(reads[i % reads.Length], stream.Length);
            log.Add(stream[..count]);
            stream = stream[count..];
        }
        return log;
    }
}
