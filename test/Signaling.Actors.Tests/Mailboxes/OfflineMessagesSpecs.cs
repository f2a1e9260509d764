using System.Text.Json;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Mailboxes;

/// <summary>What waits for a peer that is away: capacity, age, order, and that an empty mailbox costs nothing.</summary>
public sealed class OfflineMessagesSpecs : NodeSpecs
{
    [Fact]
    public void A_message_for_a_peer_that_is_away_is_stored_and_its_sender_told()
    {
        var alice = Register("alice");

        alice.Says("""{"type":"offer","to":"bob","id":"m1","sdp":"v=0"}""");

        using var answer = JsonDocument.Parse(alice.Received[^1]);
        Assert.Equal("peer-offline", answer.RootElement.GetProperty("type").GetString());
        Assert.Equal("bob", answer.RootElement.GetProperty("peerId").GetString());
        Assert.Equal("m1", answer.RootElement.GetProperty("messageId").GetString());
        Assert.Equal("offer", answer.RootElement.GetProperty("messageType").GetString());
        Assert.Equal((1, 1, 0), (Metrics.Stored, Metrics.Queued, Metrics.Relayed));
    }

    [Fact]
    public void What_waited_comes_after_registered_in_order_and_only_once()
    {
        var alice = Register("alice");
        foreach (var n in Enumerable.Range(1, 3)) alice.Says($$"""{"type":"offer","to":"bob","n":{{n}}}""");

        var bob = Register("bob");
        Advance(TimeSpan.FromSeconds(2));
        bob.Vanish();
        var bobAgain = Register("bob");

        Assert.Equal(["registered", "offline-message", "offline-message", "offline-message"], bob.Types);
        Assert.Equal([1, 2, 3], Numbers(bob));
        Assert.Equal(["registered"], bobAgain.Types);
        Assert.Equal(0, Metrics.Queued);
    }

    [Fact]
    public void An_offline_message_holds_what_would_have_been_relayed_and_its_times()
    {
        var alice = Register("alice");
        alice.Says("""{"type":"offer","to":"bob","big":9007199254740993}""");
        var storedAt = Time.GetUtcNow().ToUnixTimeMilliseconds();
        Advance(TimeSpan.FromSeconds(5));

        var bob = Register("bob");

        Assert.Equal(
            $$"""{"type":"offline-message","originalMessage":{"type":"offer","to":"bob","big":9007199254740993,"from":"alice"},"storedAt":{{storedAt}},"deliveredAt":{{storedAt + 5000}}}""",
            bob.Received[1]);
    }

    [Fact]
    public void The_101st_message_drops_the_oldest()
    {
        var alice = Register("alice");
        foreach (var n in Enumerable.Range(1, 101)) alice.Says($$"""{"type":"offer","to":"bob","n":{{n}}}""");

        var bob = Register("bob");

        Assert.Equal(Enumerable.Range(2, 100), Numbers(bob));
    }

    [Theory]
    [InlineData("23:59:59", 1)]
    [InlineData("1.00:00:00", 0)]
    public void A_message_lives_for_24_hours(string age, int expected)
    {
        var alice = Register("alice");
        alice.Says("""{"type":"offer","to":"bob","n":1}""");
        alice.ShowsLifeAlways = true;

        Advance(TimeSpan.Parse(age, null));
        var queued = Metrics.Queued;
        var bob = Register("bob");

        Assert.Equal(expected, Numbers(bob).Count());
        Assert.Equal(expected, queued);
    }

    [Fact]
    public void A_message_that_expired_unnoticed_is_not_delivered()
    {
        // A store may hold what expired while no mailbox was open.
        var old = Time.GetUtcNow() - Mailbox.TimeToLive;
        Store = new HoldingStore(
            new(1, Peer("alice"), default, old, "{\"n\":1}"u8.ToArray()),
            new(2, Peer("alice"), default, old + TimeSpan.FromSeconds(1), "{\"n\":2}"u8.ToArray()));

        var bob = Register("bob");

        Assert.Equal([2], Numbers(bob));
    }

    [Fact]
    public void A_mailbox_is_stopped_once_its_peer_is_away_and_nothing_waits()
    {
        var alice = Register("alice");
        var bob = Register("bob");
        var open = MailboxCount();

        bob.Vanish();
        var afterBob = MailboxCount();
        alice.Says("""{"type":"offer","to":"carol","n":1}""");
        var withMail = MailboxCount();
        alice.ShowsLifeAlways = true;
        Advance(TimeSpan.FromHours(24));

        Assert.Equal((2, 1, 2, 1), (open, afterBob, withMail, MailboxCount()));
    }

    [Fact]
    public void A_full_mailbox_of_large_messages_is_delivered_window_by_window()
    {
        var alice = Register("alice");
        var text = new string('x', 400_000);
        foreach (var n in Enumerable.Range(1, 10)) alice.Says($$"""{"type":"offer","to":"bob","n":{{n}},"sdp":"{{text}}"}""");

        var bob = Register("bob", isWritable: false);
        bob.ShowsLifeAlways = true;
        var most = bob.QueuedBytes;
        foreach (var _ in Enumerable.Range(1, 20))
        {
            bob.WriteOut(int.MaxValue);
            Advance(TimeSpan.FromSeconds(1));
            most = Math.Max(most, bob.QueuedBytes);
        }

        Assert.Equal(Enumerable.Range(1, 10), Numbers(bob));
        Assert.InRange(most, 400_000, 1_200_000);
    }
}
