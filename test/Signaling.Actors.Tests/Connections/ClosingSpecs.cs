using System.Text.Json;
using Signaling.Actors.Messages;
using Signaling.Actors.Protocol;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Connections;

/// <summary>The node closes a connection: what was queued goes first, and what no longer fits waits in the mailbox.</summary>
public sealed class ClosingSpecs : NodeSpecs
{
    [Fact]
    public void When_the_node_goes_every_client_is_told_and_closed_with_1001_behind_what_was_queued()
    {
        var alice = Register("alice");
        var bob = Register("bob", isWritable: false);
        var stranger = Connect();
        alice.Says("""{"type":"offer","to":"bob"}""");

        Tell(Directory, new DirectoryProtocol.Drain(TimeSpan.FromSeconds(5), LeaveWithin: TimeSpan.FromSeconds(5)));
        bob.WriteOut(int.MaxValue);

        Assert.Equal(["registered", "server-shutdown"], alice.Types);
        Assert.Equal(["registered", "offer", "server-shutdown"], bob.Types);
        Assert.Equal(["server-shutdown"], stranger.Types);
        Assert.All([alice, bob, stranger], socket => Assert.Equal((CloseCode.GoingAway, "server shutting down"), socket.CloseFrame));
    }

    [Theory]
    [InlineData(""" "acks":true """)]
    [InlineData(""" "presence":"related" """)]
    public void Clients_that_know_it_are_told_when_to_come_back_each_at_its_own_time(string more)
    {
        var clients = Enumerable.Range(0, 20).Select(n =>
        {
            var client = Connect();
            client.Says($$"""{"type":"register","peerId":"p{{n}}",{{more}}}""");
            return client;
        }).ToArray();

        Tell(Directory, new DirectoryProtocol.Drain(TimeSpan.FromSeconds(5), LeaveWithin: TimeSpan.FromSeconds(5)));

        var times = clients.Select(client => JsonDocument.Parse(client.Received[^1]).RootElement.GetProperty("reconnectAfterMs").GetInt64()).ToArray();
        Assert.All(clients, client => Assert.Equal(("goaway", (CloseCode.ServiceRestart, "server shutting down")), (client.Types.Last(), client.CloseFrame!.Value)));
        Assert.All(times, time => Assert.InRange(time, 0, 5_000));
        Assert.True(times.Distinct().Count() > 1);
    }

    [Fact]
    public void A_client_that_comes_while_the_node_goes_is_told_too()
    {
        Register("alice");
        Tell(Directory, new DirectoryProtocol.Drain(TimeSpan.FromSeconds(5), LeaveWithin: TimeSpan.FromSeconds(5)));

        var late = Connect();

        Assert.Equal(["server-shutdown"], late.Types);
        Assert.Equal(CloseCode.GoingAway, late.CloseFrame?.Code);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_client_that_does_not_answer_the_close_or_does_not_even_read_it_is_cut_after_5_seconds(bool reads)
    {
        var alice = Register("alice", reads);
        Tell(Directory, new DirectoryProtocol.Drain(TimeSpan.FromSeconds(5), LeaveWithin: TimeSpan.FromSeconds(5)));

        Advance(TimeSpan.FromMilliseconds(4_990));
        var before = alice.IsGone;
        Advance(TimeSpan.FromMilliseconds(10));

        Assert.Equal((false, true), (before, alice.IsGone));
        Assert.Equal(0, Metrics.Connections);
    }

    [Fact]
    public void What_a_closing_client_did_not_get_waits_in_its_mailbox_in_order()
    {
        var alice = Register("alice");
        var bob = Register("bob", isWritable: false);
        foreach (var n in Enumerable.Range(1, 2)) alice.Says($$"""{"type":"offer","to":"bob","n":{{n}}}""");
        bob.WriteOut(2);                                            // `registered` and the first

        bob.Violates(CloseCode.ProtocolError);
        foreach (var n in Enumerable.Range(3, 2)) alice.Says($$"""{"type":"offer","to":"bob","n":{{n}}}""");
        Advance(Connection.CloseTimeout);
        alice.Says("""{"type":"offer","to":"bob","n":5}""");
        var bobAgain = Register("bob");

        Assert.Equal((CloseCode.ProtocolError, "a rule"), bob.CloseFrame);
        Assert.Equal([1], Numbers(bob));
        Assert.Equal([2, 3, 4, 5], Numbers(bobAgain));
        Assert.Equal(["registered", "peer-offline"], alice.Types);
    }

    [Fact]
    public void What_a_client_says_while_it_is_closed_is_not_acted_upon()
    {
        var alice = Register("alice");
        var bob = Register("bob", isWritable: false);

        bob.Violates(CloseCode.ProtocolError);
        bob.Says("""{"type":"offer","to":"alice","n":1}""");

        Assert.Equal(["registered"], alice.Types);
    }

    [Fact]
    public void A_message_above_the_limit_is_named_before_1009()
    {
        var alice = Register("alice");

        alice.Violates(CloseCode.MessageTooBig);

        Assert.Contains("\"error\":\"Message too large: the limit in bytes is 1000000\",\"code\":\"message-too-large\"", alice.Received[^1]);
        Assert.Equal((CloseCode.MessageTooBig, "a rule"), alice.CloseFrame);
    }

    [Fact]
    public void What_was_sent_between_a_register_and_a_violation_is_handled_before_the_close()
    {
        var store = new Mailboxes.SlowStore { OpensSlowly = true };
        Store = store;
        var alice = Connect();
        alice.Says("""{"type":"register","peerId":"alice"}""");
        alice.Says("""{"type":"ping"}""");

        alice.Violates(CloseCode.MessageTooBig);
        var before = alice.Types.ToArray();
        store.Complete();
        Eventually(() => alice.CloseFrame is not null);

        Assert.Empty(before);
        Assert.Equal(["registered", "pong", "error"], alice.Types);
        Assert.Equal(CloseCode.MessageTooBig, alice.CloseFrame?.Code);
    }
}
