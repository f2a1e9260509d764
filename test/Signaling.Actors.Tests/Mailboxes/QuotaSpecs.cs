using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Mailboxes;

/// <summary>What strangers can fill has a bound, and nobody's flood costs another's messages.</summary>
public sealed class QuotaSpecs : NodeSpecs
{
    [Fact]
    public void A_flood_removes_the_flooders_own_messages()
    {
        var (alice, mallory) = (Register("alice"), Register("mallory"));
        foreach (var n in Enumerable.Range(1, 10)) alice.Says($$"""{"type":"offer","to":"bob","n":{{n}}}""");

        foreach (var n in Enumerable.Range(1_001, 300)) mallory.Says($$"""{"type":"offer","to":"bob","n":{{n}}}""");

        Assert.Equal([.. Enumerable.Range(1, 10), .. Enumerable.Range(1_211, 90)], Numbers(Register("bob")));
    }

    [Fact]
    public void A_sender_may_begin_to_fill_so_many_mailboxes_a_minute()
    {
        Mailbox.MaxOpenedPerMinute = 3;
        var alice = Register("alice");
        alice.ShowsLifeAlways = true;

        foreach (var i in Enumerable.Range(1, 4)) alice.Says($$"""{"type":"offer","to":"peer-{{i}}"}""");
        alice.Says("""{"type":"offer","to":"peer-1"}""");
        var inTheMinute = alice.Types.Skip(1).ToArray();
        Advance(TimeSpan.FromMinutes(1));
        alice.Says("""{"type":"offer","to":"peer-4"}""");

        Assert.Equal(["peer-offline", "peer-offline", "peer-offline", "error", "peer-offline"], inTheMinute);
        Assert.Contains("\"code\":\"mailbox-quota\"", alice.Received[4]);
        Assert.Equal("peer-offline", alice.Types.Last());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Bytes_are_bounded_for_one_peer_and_for_all(bool forOne)
    {
        if (forOne) Mailbox.MaxBytes = 1_000;
        else Mailbox.MaxTotalBytes = 1_000;
        var alice = Register("alice");
        foreach (var n in Enumerable.Range(1, 4)) alice.Says($$"""{"type":"offer","to":"bob","n":{{n}},"sdp":"{{new string('x', 180)}}"}""");

        alice.Says($$"""{"type":"offer","to":"bob","id":"m5","n":5,"sdp":"{{new string('x', 180)}}"}""");
        alice.Says($$"""{"type":"offer","to":"carol","sdp":"{{new string('x', 180)}}"}""");

        Assert.Contains("\"code\":\"mailbox-quota\",\"id\":\"m5\"", alice.Received[5]);
        Assert.Equal(forOne ? "peer-offline" : "error", alice.Types.Last());
        Assert.Equal([1, 2, 3, 4], Numbers(Register("bob")));
    }

    [Fact]
    public void A_refusal_does_not_wait_for_what_is_being_kept_and_names_its_message()
    {
        var store = new SlowStore();
        Store = store;
        Mailbox.MaxBytes = 200;
        var alice = Register("alice");

        alice.Says("""{"type":"offer","to":"bob","id":"m1"}""");
        alice.Says($$"""{"type":"offer","to":"bob","id":"m2","sdp":"{{new string('x', 200)}}"}""");
        store.Complete();
        Eventually(() => alice.Received.Count == 3);

        Assert.Contains("\"code\":\"mailbox-quota\",\"id\":\"m2\"", alice.Received[1]);
        Assert.Contains("\"messageId\":\"m1\"", alice.Received[2]);
    }
}
