using Signaling.Actors.Protocol;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Mailboxes;

/// <summary>The last registration of an id wins: nothing is announced, lost or reordered, and the old socket's close changes nothing.</summary>
public sealed class TakeoverSpecs : NodeSpecs
{
    [Fact]
    public void The_old_socket_is_closed_as_replaced_and_the_new_one_is_registered_as_a_reconnect()
    {
        var old = Register("bob");

        var @new = Register("bob");

        Assert.Equal((CloseCode.Normal, "replaced"), old.CloseFrame);
        Assert.Contains("\"isReconnect\":false", old.Received[0]);
        Assert.Contains("\"isReconnect\":true", @new.Received[0]);
        Assert.Equal(1, Metrics.Peers);
    }

    [Fact]
    public void Nobody_is_told_of_a_takeover()
    {
        var alice = Register("alice");
        var old = Register("bob");
        alice.Presence.Clear();

        Register("bob");
        old.Vanish();
        Advance(TimeSpan.FromSeconds(10));

        Assert.Empty(alice.Presence);
    }

    [Fact]
    public void The_old_sockets_late_close_changes_nothing()
    {
        var alice = Register("alice");
        var old = Register("bob");
        var @new = Register("bob");

        old.Vanish();
        alice.Says("""{"type":"offer","to":"bob","n":1}""");

        Assert.Equal([1], Numbers(@new));
        Assert.Equal(["registered"], alice.Types);
    }

    [Fact]
    public void What_the_old_socket_writes_out_before_it_closes_is_not_sent_again()
    {
        var alice = Register("alice");
        var old = Register("bob", isWritable: false);
        foreach (var n in Enumerable.Range(1, 3)) alice.Says($$"""{"type":"offer","to":"bob","n":{{n}}}""");

        var @new = Register("bob");
        alice.Says("""{"type":"offer","to":"bob","n":4}""");
        var newBefore = Numbers(@new).ToArray();
        old.WriteOut(int.MaxValue);

        Assert.Empty(newBefore);
        Assert.Equal([1, 2, 3], Numbers(old));
        Assert.Equal([4], Numbers(@new));
        Assert.Equal(["registered", "offer"], @new.Types);
    }

    [Fact]
    public void What_the_old_socket_did_not_write_out_before_it_died_comes_again_before_newer_messages()
    {
        var alice = Register("alice");
        var old = Register("bob", isWritable: false);
        foreach (var n in Enumerable.Range(1, 3)) alice.Says($$"""{"type":"offer","to":"bob","n":{{n}}}""");
        old.WriteOut(2); // `registered` and the first

        var @new = Register("bob");
        alice.Says("""{"type":"offer","to":"bob","n":4}""");
        old.Vanish();

        Assert.Equal([1], Numbers(old));
        Assert.Equal([2, 3, 4], Numbers(@new));
        Assert.Equal(["registered", "offline-message", "offline-message", "offer"], @new.Types);
    }

    [Fact]
    public void An_old_socket_that_is_stuck_is_waited_for_no_longer_than_a_second()
    {
        var alice = Register("alice");
        var old = Register("bob", isWritable: false);
        alice.Says("""{"type":"offer","to":"bob","n":1}""");

        var @new = Register("bob");
        Advance(TimeSpan.FromMilliseconds(990));
        var justBefore = Numbers(@new).ToArray();
        Advance(TimeSpan.FromMilliseconds(20));

        Assert.Empty(justBefore);
        Assert.Equal(["registered", "offline-message"], @new.Types);
        Assert.Equal([1], Numbers(@new));
        Assert.Empty(old.Received);
    }

    [Fact]
    public void Registered_does_not_wait_for_the_old_socket()
    {
        var alice = Register("alice");
        Register("bob", isWritable: false);
        alice.Says("""{"type":"offer","to":"bob","n":1}""");

        var @new = Register("bob");

        Assert.Equal(["registered"], @new.Types);
    }

    [Fact]
    public void A_new_socket_that_dies_during_the_takeover_leaves_everything_in_the_mailbox()
    {
        var alice = Register("alice");
        var old = Register("bob", isWritable: false);
        foreach (var n in Enumerable.Range(1, 2)) alice.Says($$"""{"type":"offer","to":"bob","n":{{n}}}""");

        var second = Register("bob");
        alice.Says("""{"type":"offer","to":"bob","n":3}""");
        second.Vanish();
        alice.Says("""{"type":"offer","to":"bob","n":4}""");
        old.Vanish();
        var third = Register("bob");

        Assert.Equal([1, 2, 3, 4], Numbers(third));
        Assert.Equal("peer-offline", alice.Types.Last());
    }

    [Fact]
    public void A_third_socket_takes_over_from_a_second_that_still_waits_for_the_first()
    {
        var alice = Register("alice");
        var first = Register("bob", isWritable: false);
        alice.Says("""{"type":"offer","to":"bob","n":1}""");
        var second = Register("bob");
        alice.Says("""{"type":"offer","to":"bob","n":2}""");

        var third = Register("bob");
        alice.Says("""{"type":"offer","to":"bob","n":3}""");
        first.WriteOut(int.MaxValue);

        Assert.Equal([1], Numbers(first));
        Assert.Empty(Numbers(second));
        Assert.Equal([2, 3], Numbers(third));
        Assert.Equal((CloseCode.Normal, "replaced"), second.CloseFrame);
    }

    [Fact]
    public void The_old_socket_is_not_listened_to_any_more()
    {
        var alice = Register("alice");
        var old = Register("bob");
        Register("bob");

        old.Says("""{"type":"offer","to":"alice","n":1}""");

        Assert.Empty(Numbers(alice));
    }

    [Fact]
    public void An_old_socket_that_does_not_answer_the_close_is_cut()
    {
        var old = Register("bob");
        Register("bob");

        Advance(Connection.CloseTimeout);

        Assert.True(old.IsGone);
        Assert.Equal(1, Metrics.Connections);
    }

    [Fact]
    public void Two_clients_that_keep_replacing_each_other_are_slowed_down_and_the_last_one_wins()
    {
        var sockets = Enumerable.Range(0, TakeoverFree + 1).Select(_ => Register("bob")).ToList();
        var waiting = Register("bob");
        var atOnce = waiting.Received.Count;
        Advance(TimeSpan.FromMilliseconds(300));

        Assert.Equal(0, atOnce);
        Assert.Equal(["registered"], waiting.Types);
        Assert.Equal((CloseCode.Normal, "replaced"), sockets[^1].CloseFrame);
        Assert.Null(waiting.CloseFrame);
    }

    [Fact]
    public void A_slowed_client_that_leaves_meanwhile_takes_nothing_over()
    {
        var sockets = Enumerable.Range(0, TakeoverFree + 1).Select(_ => Register("bob")).ToList();
        var waiting = Register("bob");

        waiting.Vanish();
        Advance(TimeSpan.FromSeconds(2));

        Assert.Null(sockets[^1].CloseFrame);
        Assert.Equal(1, Metrics.Peers);
    }

    private static int TakeoverFree => Signaling.Actors.Mailboxes.Slowdown.Free;
}
