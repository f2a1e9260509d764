using Signaling.Actors.Mailboxes;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Mailboxes;

/// <summary>A store that fails: nobody is told that something is kept, those that are here go on, and everything recovers by itself.</summary>
public sealed class StoreHealthSpecs : NodeSpecs
{
    private readonly KillableStore _disk = new(new InMemoryMailboxStore());

    public StoreHealthSpecs() => Store = _disk;

    [Fact]
    public void Senders_are_told_and_relays_go_on_while_the_store_fails()
    {
        var (alice, bob) = (Register("alice"), Register("bob"));
        alice.Says("""{"type":"offer","to":"carol","id":"before"}""");

        _disk.Fails = true;
        foreach (var n in Enumerable.Range(1, 10)) alice.Says($$"""{"type":"offer","to":"carol","id":"m{{n}}"}""");
        alice.Says("""{"type":"offer","to":"bob","n":1}""");

        Assert.Equal(["registered", "peer-offline", .. Enumerable.Repeat("error", 10)], alice.Types);
        Assert.All(alice.Received.Skip(2), error => Assert.Contains("\"code\":\"store-unavailable\"", error));
        Assert.Equal([1], Numbers(bob));
        Assert.False(Health.IsHealthy);
    }

    [Fact]
    public void Senders_to_a_mailbox_that_cannot_be_opened_are_told_and_who_registers_waits()
    {
        var alice = Register("alice");
        alice.ShowsLifeAlways = true;
        _disk.Fails = true;

        var carol = Register("carol");
        alice.Says("""{"type":"offer","to":"carol","id":"m1"}""");
        alice.Says("""{"type":"offer","to":"dave","id":"m2"}""");
        var before = carol.Types.ToArray();
        _disk.Fails = false;
        Advance(TimeSpan.FromSeconds(3));
        alice.Says("""{"type":"offer","to":"carol","n":1}""");

        Assert.Empty(before);
        Assert.Equal(["registered", "error", "error"], alice.Types);
        Assert.Equal(["registered", "offer"], carol.Types);
    }

    [Fact]
    public void It_is_said_once_and_the_store_is_not_pestered()
    {
        var alice = Register("alice");
        alice.Says("""{"type":"offer","to":"carol"}""");
        _disk.Fails = true;

        foreach (var _ in Enumerable.Range(0, 100)) alice.Says("""{"type":"offer","to":"carol"}""");

        Assert.InRange(_disk.Failures, 5, 10);
        Assert.Single(Logged.ForOperators, line => line.StartsWith("The mailbox store fails: disk gone", StringComparison.Ordinal));
    }

    [Fact]
    public void It_recovers_by_itself()
    {
        var alice = Register("alice");
        alice.ShowsLifeAlways = true;
        alice.Says("""{"type":"offer","to":"carol"}""");
        _disk.Fails = true;
        foreach (var _ in Enumerable.Range(0, 10)) alice.Says("""{"type":"offer","to":"carol"}""");

        _disk.Fails = false;
        Advance(TimeSpan.FromSeconds(3));
        alice.Says("""{"type":"offer","to":"carol","n":1}""");
        alice.Says("""{"type":"offer","to":"carol","n":2}""");
        var carol = Register("carol");

        Assert.True(Health.IsHealthy);
        Assert.Equal([1, 2], Numbers(carol));
        Assert.Single(Logged.ForOperators, line => line == "The mailbox store works again");
    }

    [Fact]
    public void What_a_connection_did_not_deliver_is_stored_once_the_store_works_and_its_receipt_says_so_then()
    {
        var alice = Register("alice");
        alice.ShowsLifeAlways = true;
        var bob = Register("bob", isWritable: false);
        alice.Says("""{"type":"offer","to":"bob","id":"m1","receipt":true,"n":1}""");

        _disk.Fails = true;
        bob.Vanish();
        var during = alice.Types.ToArray();
        _disk.Fails = false;
        Advance(TimeSpan.FromSeconds(5));
        var again = Register("bob");

        Assert.Equal(["registered"], during);
        Assert.Equal("""{"type":"receipt","id":"m1","to":"bob","status":"stored"}""", alice.Received[1]);
        Assert.Equal([1], Numbers(again));
    }
}
