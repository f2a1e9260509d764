using System.Text.Json;
using Signaling.Actors.Auth;
using Signaling.Actors.Messages;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Mailboxes;

/// <summary>A client that acknowledges: what it did not acknowledge comes again, with the same seq.</summary>
public sealed class AcknowledgementSpecs : NodeSpecs
{
    private readonly InMemorySocket _alice;

    public AcknowledgementSpecs()
    {
        Limits.MessageBurst = 100_000;
        _alice = Register("alice");
    }

    [Fact]
    public void What_was_not_acknowledged_comes_again_with_its_seq_before_what_is_newer()
    {
        var bob = RegisterWithAcks();
        Send(1, 3);
        bob.Says($$"""{"type":"ack","seq":{{Seqs(bob)[0]}}}""");

        bob.Vanish();
        Send(4, 4);
        var again = RegisterWithAcks();

        Assert.Equal([2, 3, 4], Numbers(again));
        Assert.Equal(Seqs(bob)[1..], Seqs(again)[..2]);
        Assert.Equal(Seqs(again).Order(), Seqs(again));
    }

    [Fact]
    public void Being_written_or_answering_pings_acknowledges_nothing()
    {
        var bob = RegisterWithAcks();
        Send(1, 1);
        bob.ShowsLifeAlways = true;
        Advance(TimeSpan.FromMinutes(1));

        bob.Vanish();

        Assert.Equal([1], Numbers(RegisterWithAcks()));
    }

    [Fact]
    public void A_takeover_hands_over_what_was_not_acknowledged()
    {
        var bob = RegisterWithAcks();
        Send(1, 2);
        bob.Says($$"""{"type":"ack","seq":{{Seqs(bob)[0]}}}""");

        var again = RegisterWithAcks();
        Advance(TimeSpan.FromSeconds(1));

        Assert.Equal([2], Numbers(again));
        Assert.Equal(Seqs(bob)[1], Seqs(again)[0]);
    }

    [Theory]
    [InlineData("""{"type":"ack"}""")]
    [InlineData("""{"type":"ack","seq":"1"}""")]
    [InlineData("""{"type":"ack","seq":1.5}""")]
    [InlineData("""{"type":"ack","seq":-1}""")]
    [InlineData("""{"type":"ack","seq":9007199254740991}""")]
    [InlineData("""{"type":"ack","seq":1,"peerId":"carol"}""")]
    public void An_acknowledgement_of_what_was_never_sent_is_an_error_and_changes_nothing(string ack)
    {
        var bob = RegisterWithAcks();
        Send(1, 1);

        bob.Says(ack);
        bob.Vanish();

        Assert.Contains("\"code\":\"invalid-ack\"", bob.Received[^1]);
        Assert.Equal([1], Numbers(RegisterWithAcks()));
    }

    [Fact]
    public void A_client_that_did_not_ask_for_it_sees_no_seq_and_cannot_acknowledge()
    {
        var bob = Register("bob");
        Send(1, 1);

        bob.Says("""{"type":"ack","seq":1}""");

        Assert.Equal("""{"type":"offer","to":"bob","n":1,"from":"alice"}""", bob.Received[1]);
        Assert.Contains("\"code\":\"invalid-ack\"", bob.Received[2]);
    }

    [Fact]
    public void An_acknowledgement_that_comes_twice_or_late_changes_nothing()
    {
        var bob = RegisterWithAcks();
        Send(1, 3);
        foreach (var seq in new[] { Seqs(bob)[1], Seqs(bob)[0], Seqs(bob)[1] }) bob.Says($$"""{"type":"ack","seq":{{seq}}}""");

        bob.Vanish();

        Assert.Equal(["registered", "offer", "offer", "offer"], bob.Types);
        Assert.Equal([3], Numbers(RegisterWithAcks()));
    }

    [Fact]
    public void Who_registers_again_at_the_moment_at_which_the_mailbox_fails_can_acknowledge_what_it_is_sent_then()
    {
        var bob = new InMemorySocket(Time, () => { });
        Tell(Directory, new DirectoryProtocol.Connect(bob, ClientOrigin.Unknown));
        bob.Says("""{"type":"register","peerId":"bob","acks":true}""");
        Settle();
        Send(1, 1);

        bob.Says("""{"type":"register","peerId":"bob","acks":true}"""); // asks the successor, as the connection does when it hears of it
        FailMailboxes();
        bob.Says($$"""{"type":"ack","seq":{{Seqs(bob)[^1]}}}""");
        bob.Vanish();
        Settle();

        ExpectFailures();
        Assert.Equal(["registered", "offer", "registered", "offline-message"], bob.Types);
        Assert.Empty(Numbers(RegisterWithAcks()));
    }

    [Fact]
    public void Each_alias_is_acknowledged_by_itself()
    {
        var bob = RegisterWithAcks();
        bob.Says("""{"type":"register","peerId":"bobby","acks":true}""");
        Send(1, 1);
        _alice.Says("""{"type":"offer","to":"bobby","n":2}""");
        var seq = JsonDocument.Parse(bob.Received.Single(json => json.Contains("\"n\":1", StringComparison.Ordinal))).RootElement.GetProperty("seq").GetInt64();

        bob.Says($$"""{"type":"ack","seq":{{seq}},"peerId":"bob"}""");
        bob.Vanish();

        Assert.Empty(Numbers(RegisterWithAcks()));
        Assert.Equal([2], Numbers(Register("bobby")));
    }

    [Fact]
    public void A_seq_that_the_sender_put_in_is_out_of_force()
    {
        var bob = RegisterWithAcks();

        _alice.Says("""{"type":"offer","to":"bob","seq":7,"n":1}""");

        Assert.True(Seqs(bob)[0] > 7);
    }

    [Theory]
    [InlineData(true)]                                              // nothing came since
    [InlineData(false)]
    public void Its_pong_alone_confirms_what_it_was_sent_before_it_began_to_acknowledge(bool isLast)
    {
        var bob = Register("bob");
        bob.Confirms = false;
        Send(1, 2);
        bob.Says("""{"type":"register","peerId":"bob","acks":true}""");
        if (!isLast) Send(3, 3);

        bob.Confirms = true;
        bob.WriteOut(0);
        Advance(TimeSpan.FromSeconds(1));
        bob.Vanish();

        Assert.Equal(isLast ? [] : [3], Numbers(RegisterWithAcks()));
    }

    [Fact]
    public void A_busy_mailbox_never_runs_out_of_seqs()
    {
        var bob = RegisterWithAcks();
        foreach (var n in Enumerable.Range(1, 10_000)) // more than a generation numbers
        {
            Send(n, n);
            if (n % 50 == 0) bob.Says($$"""{"type":"ack","seq":{{Seqs(bob)[^1]}}}""");
        }

        Assert.Equal(10_000, Seqs(bob).Distinct().Count());
        Assert.Equal(Seqs(bob).Order(), Seqs(bob));
        Assert.All(Seqs(bob), seq => Assert.InRange(seq, 1, (1L << 53) - 1));
    }

    private InMemorySocket RegisterWithAcks()
    {
        var socket = Connect();
        socket.Says("""{"type":"register","peerId":"bob","acks":true}""");
        return socket;
    }

    private void Send(int first, int last)
    {
        for (var n = first; n <= last; n++) _alice.Says($$"""{"type":"offer","to":"bob","n":{{n}}}""");
    }

    private static long[] Seqs(InMemorySocket socket) =>
        [.. socket.Received.Select(json => JsonDocument.Parse(json).RootElement).Where(json => json.TryGetProperty("seq", out _)).Select(json => json.GetProperty("seq").GetInt64())];
}
