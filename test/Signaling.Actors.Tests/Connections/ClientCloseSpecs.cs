using Signaling.Actors.Protocol;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Connections;

/// <summary>A client closes (RFC 6455 §5.5.1): what it said before still counts, and what it was not sent waits for its return.</summary>
public sealed class ClientCloseSpecs : NodeSpecs
{
    [Fact]
    public void The_close_is_answered_with_its_code_after_what_the_client_said_before()
    {
        var alice = Register("alice", isWritable: false);
        alice.Says("""{"type":"ping"}""");

        alice.Closes(CloseCode.GoingAway);
        alice.WriteOut(int.MaxValue);

        Assert.Equal(["registered", "pong"], alice.Types);
        Assert.Equal(CloseCode.GoingAway, alice.CloseFrame?.Code);
    }

    [Fact]
    public void What_was_sent_behind_a_register_that_waits_still_goes_its_way()
    {
        var store = new Mailboxes.SlowStore { OpensSlowly = true };
        Store = store;
        var bob = Connect();
        bob.Says("""{"type":"register","peerId":"bob"}""");
        store.Complete();
        Eventually(() => bob.Received.Count == 1);
        var alice = Connect();

        alice.Says("""{"type":"register","peerId":"alice"}""");
        alice.Says("""{"type":"offer","to":"bob","n":1}""");
        alice.Closes(CloseCode.Normal);
        alice.Vanish();
        store.Complete();
        Eventually(() => bob.Received.Count == 2);

        Assert.Equal([1], Numbers(bob));
        Assert.Equal(CloseCode.Normal, alice.CloseFrame?.Code);
        Assert.Equal(1, Metrics.Connections);
    }

    [Fact]
    public void What_waits_for_a_client_that_closes_is_delivered_when_it_returns()
    {
        var alice = Register("alice");
        var bob = Register("bob", isWritable: false);
        foreach (var n in Enumerable.Range(1, 3)) alice.Says($$"""{"type":"offer","to":"bob","n":{{n}}}""");
        bob.WriteOut(2); // `registered` and the first

        bob.Closes(CloseCode.Normal);
        bob.WriteOut(int.MaxValue);
        bob.Vanish();
        var again = Register("bob");

        Assert.Equal([1], Numbers(bob));
        Assert.Equal([2, 3], Numbers(again));
    }

    [Fact]
    public void A_message_to_a_client_that_has_closed_is_stored_though_its_connection_lingers_and_an_earlier_one_is_unconfirmed()
    {
        var (alice, bob) = (Register("alice"), Register("bob"));
        bob.Confirms = false;
        alice.Says("""{"type":"offer","to":"bob","n":1}""");

        bob.Closes(CloseCode.Normal);
        alice.Says("""{"type":"offer","to":"bob","n":2}""");

        Assert.Equal(["registered", "peer-offline"], alice.Types);
        Assert.Equal([1, 2], Numbers(Register("bob")));
    }

    [Fact]
    public void A_client_that_reads_who_comes_and_goes_too_slowly_is_cut_off()
    {
        Connection.MaxPresenceBehind = 1_000;
        var alice = Register("alice");
        alice.ReadsPresence = false;
        alice.ShowsLifeAlways = true;
        foreach (var i in Enumerable.Range(0, 1_001)) Register($"peer-{i}").Vanish();

        Advance(Connection.PingInterval);

        Assert.Equal((CloseCode.TryAgainLater, "reading too slowly"), alice.CloseFrame);
    }
}
