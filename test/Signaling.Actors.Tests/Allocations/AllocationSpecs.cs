using Signaling.Actors.Protocol;
using Signaling.Bench.Micro.InMemory;

namespace Signaling.Actors.Tests.Allocations;

/// <summary>What a relayed message allocates: bytes are the same on a busy machine, where times are not.</summary>
/// <remarks>What was measured differs by a byte from run to run, in Debug as in Release; a bound is a tenth above it, so that one more object for each message
/// does not pass. <c>bench/micro allocations</c> says of which types the bytes are.</remarks>
[Collection(nameof(Alone))]
public sealed class AllocationSpecs
{
    /// <summary>Measured: 608. The buffer it comes and goes in 312, MailboxItem 104, Deliver 72, HandOver 64, Received 40, and 16 of what is done once for many: their confirmation.</summary>
    private const int MaxCandidateBytes = 665;

    /// <summary>Measured: 1,000. Besides: the id's copy and its texts in the mailbox's memory of receipts, Delivered, and the receipt.</summary>
    private const int MaxReceiptBytes = 1_100;

    /// <summary>Measured: 4,430. The buffer 4,136, all else as of a candidate; the margin is as large as there.</summary>
    private const int MaxOfferBytes = 4_490;

    private const int Pairs = 10, MessagesEach = 1_000, Window = 16;
    private const int Times = 10;

    private static readonly byte[] From = RelaySplice.FromMember(Samples.Peer("alice"));

    public static TheoryData<byte[]> Messages => [Samples.Candidate("bob"), Samples.Offer("bob")];

    [Theory]
    [MemberData(nameof(Messages))]
    public void Reading_an_envelope_allocates_nothing(byte[] message)
    {
        var bytes = LeastOfThisThread(() => Envelope.TryRead(message, out _));

        Assert.Equal(0, bytes);
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public void Setting_the_sender_allocates_nothing_where_there_is_room(byte[] message)
    {
        var buffer = Samples.WithRoom(message);

        Assert.Equal(0, LeastOfThisThread(() => Splice(message, buffer)));
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public void Setting_the_sender_allocates_the_relayed_array_where_there_is_none(byte[] message)
    {
        var length = Splice(message, message).Length;

        var bytes = LeastOfThisThread(() => Splice(message, message));

        Assert.Equal(LeastOfThisThread(() => GC.KeepAlive(new byte[length])), bytes);
    }

    [Fact]
    public async Task A_relayed_candidate_allocates_no_more_than_it_did() =>
        Assert.InRange(await LeastOfEachAsync((to, _) => Samples.Candidate(to)), 1, MaxCandidateBytes);

    [Fact]
    public async Task A_candidate_with_a_receipt_allocates_no_more_than_it_did() =>
        Assert.InRange(await LeastOfEachAsync(Samples.WithReceipt), 1, MaxReceiptBytes);

    [Fact]
    public async Task A_relayed_offer_allocates_no_more_than_it_did() =>
        Assert.InRange(await LeastOfEachAsync((to, _) => Samples.Offer(to)), 1, MaxOfferBytes);

    private static ReadOnlyMemory<byte> Splice(byte[] message, byte[] buffer)
    {
        Assert.Null(Envelope.TryRead(message, out var envelope));
        return RelaySplice.Apply(envelope, buffer, From, TimeProvider.System);
    }

    /// <summary>Bytes of each message that goes through the actors, to its confirmation.</summary>
    private static async Task<double> LeastOfEachAsync(Func<string, int, byte[]> message)
    {
        await using var node = new MemoryNode();
        var relay = await Relay.ConnectAsync(node, Pairs, "peer", message);
        var least = long.MaxValue;
        for (var i = 0; i < Times; i++)                             // the first one lets rings and lists grow
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            await relay.RunAsync(MessagesEach, Window);
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }
        return (double)least / (Pairs * MessagesEach);
    }

    private static long LeastOfThisThread(Action work)
    {
        var least = long.MaxValue;
        for (var i = 0; i < Times; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            work();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return least;
    }
}
