using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Mailboxes;

/// <summary>A mailbox that fails starts anew from its store; its connection attaches again, and nobody notices.</summary>
public sealed class SupervisionSpecs : NodeSpecs
{
    [Fact]
    public void A_connection_attaches_again_and_nothing_is_lost_or_reordered()
    {
        var alice = Register("alice");
        var bob = Register("bob", isWritable: false);
        foreach (var n in Enumerable.Range(1, 2)) alice.Says($$"""{"type":"offer","to":"bob","n":{{n}}}""");

        FailMailboxes();
        alice.Says("""{"type":"offer","to":"bob","n":3}""");
        bob.WriteOut(int.MaxValue);

        ExpectFailures();
        Assert.Equal([1, 2, 3], Numbers(bob).Distinct());
        Assert.Equal(["registered"], alice.Types);
        Assert.Null(bob.CloseFrame);
    }

    [Fact]
    public void Nobody_is_told_that_its_peer_went_or_came()
    {
        var alice = Register("alice");
        Register("bob");
        alice.PresenceLog.Clear();

        FailMailboxes();
        Advance(TimeSpan.FromSeconds(10));

        ExpectFailures();
        Assert.Empty(alice.PresenceLog);
        Assert.Equal(2, Metrics.Peers);
    }

    [Fact]
    public void Its_peer_is_here_for_others_while_it_cannot_start_anew()
    {
        var store = new KillableStore(Store);
        Store = store;
        var alice = Register("alice");
        var bob = Register("bob");
        alice.PresenceLog.Clear();

        store.Fails = true;
        FailMailboxes();
        Advance(TimeSpan.FromSeconds(5));
        alice.Says("""{"type":"get-peers"}""");
        store.Fails = false;
        Advance(TimeSpan.FromSeconds(5));
        alice.Says("""{"type":"offer","to":"bob","n":1}""");

        ExpectFailures();
        Assert.Contains("\"bob\"", alice.Received[^1]);
        Assert.Empty(alice.PresenceLog);
        Assert.Equal([1], Numbers(bob));
    }

    [Fact]
    public void What_was_stored_is_still_there()
    {
        var alice = Register("alice");
        foreach (var n in Enumerable.Range(1, 2)) alice.Says($$"""{"type":"offer","to":"bob","n":{{n}}}""");

        FailMailboxes();
        var bob = Register("bob");

        ExpectFailures();
        Assert.Equal(["registered", "offline-message", "offline-message"], bob.Types);
        Assert.Equal([1, 2], Numbers(bob));
        Assert.Equal(2, Metrics.Stored);
    }

    [Fact]
    public void What_was_delivered_before_is_not_delivered_again_after()
    {
        var alice = Register("alice");
        var bob = Register("bob");
        alice.Says("""{"type":"offer","to":"bob","n":1}""");
        Advance(TimeSpan.FromSeconds(1));                           // confirmed

        FailMailboxes();
        bob.Vanish();
        var bobAgain = Register("bob");

        ExpectFailures();
        Assert.Empty(Numbers(bobAgain));
    }

    [Fact]
    public void A_socket_that_was_replaced_before_does_not_come_back()
    {
        var alice = Register("alice");
        var old = Register("bob");
        var @new = Register("bob");

        FailMailboxes();
        old.Vanish();
        alice.Says("""{"type":"offer","to":"bob","n":1}""");

        ExpectFailures();
        Assert.Equal([1], Numbers(@new));
        Assert.Null(@new.CloseFrame);
    }

    [Fact]
    public void A_client_that_waits_for_its_takeover_is_registered_all_the_same()
    {
        foreach (var _ in Enumerable.Range(0, Slowdown.Free + 1)) Register("bob");
        var waiting = Register("bob");
        var atOnce = waiting.Received.Count;

        FailMailboxes();
        Advance(TimeSpan.FromSeconds(1));

        ExpectFailures();
        Assert.Equal(0, atOnce);
        Assert.Equal(["registered"], waiting.Types);
    }

    [Fact]
    public void What_waited_for_a_mailbox_that_fails_while_it_is_opened_is_not_lost()
    {
        Store = new BrokenStore(answers: 1);

        var alice = Register("alice");
        alice.Says("""{"type":"offer","to":"alice","n":1}""");

        ExpectFailures();
        Assert.Equal(["registered", "offer"], alice.Types);
    }

    [Fact]
    public void A_store_whose_answers_make_no_sense_is_asked_ever_less_often()
    {
        var store = new BrokenStore(answers: 16);
        Store = store;

        var alice = Register("alice");
        var atOnce = store.Asked;
        Advance(TimeSpan.FromSeconds(30));
        var inHalfAMinute = store.Asked;
        Advance(Slowdown.MaxDelay);

        ExpectFailures();
        Assert.Equal((1 + Slowdown.Free, 16), (atOnce, inHalfAMinute));
        Assert.Equal(["registered"], alice.Types);
    }

    [Fact]
    public void A_region_that_fails_takes_its_connections_along_and_the_node_serves_who_returns()
    {
        var alice = Register("alice");
        alice.Says("""{"type":"offer","to":"bob","n":1}""");

        FailMailboxRegion();
        Eventually(() => alice.CloseFrame is not null);             // Akka's own guardian restarts the directory, on a thread of its own
        var aliceAgain = Register("alice");
        var bob = Register("bob");
        aliceAgain.Says("""{"type":"offer","to":"bob","n":2}""");

        ExpectFailures();
        Assert.Equal(CloseCode.InternalError, alice.CloseFrame?.Code);
        Assert.Equal([1, 2], Numbers(bob));
        Assert.Equal((2, 2), (Metrics.Connections, Metrics.Peers));
    }

    [Fact]
    public void What_was_handed_over_and_not_delivered_when_the_region_fails_is_kept()
    {
        var alice = Register("alice");
        var bob = Register("bob", isWritable: false);
        foreach (var n in Enumerable.Range(1, 3)) alice.Says($$"""{"type":"offer","to":"bob","n":{{n}}}""");
        bob.WriteOut(1);                                            // `registered` alone

        FailMailboxRegion();
        Eventually(() => alice.CloseFrame is not null);
        var bobAgain = Register("bob");

        ExpectFailures();
        Assert.Empty(Numbers(bob));
        Assert.Equal([1, 2, 3], Numbers(bobAgain));
    }

    /// <summary>Its first answers make no sense.</summary>
    private sealed class BrokenStore(int answers) : StoreDouble
    {
        public int Asked { get; private set; }

        public override ValueTask<OpenedMailbox> OpenAsync(PeerId peer) => ValueTask.FromResult(new OpenedMailbox(1, Asked++ < answers ? null! : []));
    }
}
