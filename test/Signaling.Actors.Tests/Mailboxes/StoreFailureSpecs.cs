using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Mailboxes;

/// <summary>A store that is slow or fails: nobody is told that a message is kept before it is.</summary>
public sealed class StoreFailureSpecs : NodeSpecs
{
    [Fact]
    public void Peer_offline_is_sent_only_after_the_store_has_committed()
    {
        var store = new SlowStore();
        Store = store;
        var alice = Register("alice");

        alice.Says("""{"type":"offer","to":"bob","n":1}""");
        var before = alice.Types.ToArray();
        store.Complete();
        Eventually(() => alice.Received.Count == 2);

        Assert.Equal(["registered"], before);
        Assert.Equal(["registered", "peer-offline"], alice.Types);
    }

    [Fact]
    public void A_store_that_fails_is_an_error_to_the_sender_and_the_message_is_not_delivered()
    {
        var store = new SlowStore();
        Store = store;
        var alice = Register("alice");

        alice.Says("""{"type":"offer","to":"bob","id":"m1","n":1}""");
        store.Fail();
        Eventually(() => alice.Received.Count == 2);
        var bob = Register("bob");

        Assert.Contains("\"code\":\"store-unavailable\"", alice.Received[1]);
        Assert.Contains("\"id\":\"m1\"", alice.Received[1]);
        Assert.Equal(["registered"], bob.Types);
        Assert.Equal(0, Metrics.Queued);
    }

    [Fact]
    public void Relays_between_peers_that_are_here_go_on_while_the_store_does_not_answer()
    {
        Store = new SlowStore();
        var alice = Register("alice");
        var bob = Register("bob");

        alice.Says("""{"type":"offer","to":"carol","n":1}""");
        alice.Says("""{"type":"offer","to":"bob","n":2}""");

        Assert.Equal([2], Numbers(bob));
    }

    [Fact]
    public void A_message_that_is_delivered_while_it_is_being_stored_is_delivered_once()
    {
        var store = new SlowStore();
        Store = store;
        var alice = Register("alice");
        alice.Says("""{"type":"offer","to":"bob","n":1}""");

        var bob = Register("bob");
        store.Complete();
        Eventually(() => alice.Received.Count == 2);
        Advance(TimeSpan.FromSeconds(2));
        bob.Vanish();
        var bobAgain = Register("bob");

        Assert.Equal([1], Numbers(bob));
        Assert.Empty(Numbers(bobAgain));
    }

    [Fact]
    public void What_comes_while_a_mailbox_is_being_opened_waits_and_keeps_its_order()
    {
        var store = new SlowStore { OpensSlowly = true };
        Store = store;
        var alice = Connect();
        alice.Says("""{"type":"register","peerId":"alice"}""");
        alice.Says("""{"type":"offer","to":"alice","n":1}""");
        alice.Says("""{"type":"offer","to":"alice","n":2}""");
        Assert.Empty(alice.Received);

        store.Complete();
        Eventually(() => alice.Received.Count == 3);

        Assert.Equal(["registered", "offer", "offer"], alice.Types);
        Assert.Equal([1, 2], Numbers(alice));
    }

    [Fact]
    public void A_mailbox_that_cannot_be_opened_is_tried_again()
    {
        var store = new SlowStore { OpensSlowly = true };
        Store = store;
        var alice = Connect();
        alice.Says("""{"type":"register","peerId":"alice"}""");

        store.Fail();
        Eventually(() =>
        {
            Advance(TimeSpan.FromSeconds(1));
            return store.Waiting == 1;
        });
        store.Complete();
        Eventually(() => alice.Received.Count == 1);

        Assert.Equal(["registered"], alice.Types);
    }
}
