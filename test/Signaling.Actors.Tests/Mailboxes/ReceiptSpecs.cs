using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Mailboxes;

/// <summary>A sender that asks for a receipt gets one answer, and may send again until it has it.</summary>
public sealed class ReceiptSpecs : NodeSpecs
{
    private readonly InMemorySocket _alice;

    public ReceiptSpecs()
    {
        _alice = Register("alice");
        _alice.ShowsLifeAlways = true;
    }

    [Fact]
    public void Delivered_comes_when_the_recipient_has_confirmed_and_not_before()
    {
        var bob = Register("bob", isWritable: false);

        Send("m1");
        var before = _alice.Types.ToArray();
        bob.WriteOut(int.MaxValue);

        Assert.Equal(["registered"], before);
        Assert.Equal("""{"type":"receipt","id":"m1","to":"bob","status":"delivered"}""", Assert.Single(Answers()));
    }

    [Fact]
    public void Stored_takes_the_place_of_peer_offline()
    {
        Send("m1");

        Assert.Equal("""{"type":"receipt","id":"m1","to":"bob","status":"stored"}""", Assert.Single(Answers()));
    }

    [Fact]
    public void A_recipient_that_is_here_and_never_confirms_leaves_the_answer_open_until_its_connection_ends()
    {
        var bob = Register("bob");
        (bob.Confirms, bob.ShowsLifeAlways) = (false, true);

        Send("m1");
        Advance(TimeSpan.FromMinutes(5));
        var before = Answers().ToArray();
        bob.Vanish();

        Assert.Empty(before);
        Assert.Contains("\"status\":\"stored\"", Assert.Single(Answers()));
    }

    [Fact]
    public void A_message_that_was_answered_as_stored_is_not_answered_again_when_it_is_delivered()
    {
        Send("m1");
        Register("bob");
        Advance(TimeSpan.FromSeconds(1));

        Assert.Contains("\"status\":\"stored\"", Assert.Single(Answers()));
    }

    [Fact]
    public void Sent_again_while_it_waits_it_is_kept_once_and_answered_as_stored()
    {
        Send("m1");
        Send("m1");
        var bob = Register("bob");

        Assert.Equal(2, Answers().Count(answer => answer.Contains("\"status\":\"stored\"", StringComparison.Ordinal)));
        Assert.Equal([1], Numbers(bob));
    }

    [Fact]
    public void Sent_again_after_it_was_delivered_it_is_answered_at_once_and_not_delivered_again()
    {
        var bob = Register("bob");
        Send("m1");
        Send("m1");

        Assert.Equal(2, Answers().Count(answer => answer.Contains("\"status\":\"delivered\"", StringComparison.Ordinal)));
        Assert.Equal([1], Numbers(bob));
    }

    [Fact]
    public void Sent_again_on_another_connection_it_is_answered_there()
    {
        var bob = Register("bob", isWritable: false);
        Send("m1");

        var aliceAgain = Register("alice");
        aliceAgain.Says("""{"type":"offer","to":"bob","id":"m1","receipt":true,"n":1}""");
        bob.WriteOut(int.MaxValue);

        Assert.Empty(Answers());
        Assert.Equal("""{"type":"receipt","id":"m1","to":"bob","status":"delivered"}""", aliceAgain.Received[^1]);
        Assert.Equal([1], Numbers(bob));
    }

    [Fact]
    public void The_same_id_of_another_sender_is_another_message()
    {
        var bob = Register("bob");
        Send("m1");

        Register("carol").Says("""{"type":"offer","to":"bob","id":"m1","receipt":true,"n":2}""");

        Assert.Equal([1, 2], Numbers(bob));
    }

    [Fact]
    public void Without_a_receipt_the_same_id_may_come_as_often_as_its_sender_likes()
    {
        var bob = Register("bob");

        foreach (var n in Enumerable.Range(1, 3)) _alice.Says($$"""{"type":"offer","to":"bob","id":"1","n":{{n}}}""");

        Assert.Equal([1, 2, 3], Numbers(bob));
    }

    [Fact]
    public void What_is_remembered_of_delivered_messages_has_a_bound()
    {
        var bob = Register("bob");
        bob.ShowsLifeAlways = true;
        Send("m0");
        foreach (var i in Enumerable.Range(1, 256)) Send($"m{i}");

        Send("m0");

        Assert.Equal(258, Numbers(bob).Count());
    }

    [Fact]
    public void A_message_that_expires_behind_a_recipient_that_acknowledges_nothing_is_answered_by_an_error()
    {
        Mailbox.TimeToLive = TimeSpan.FromSeconds(10);
        var (alice, bob) = (_alice, Connect());
        bob.Says("""{"type":"register","peerId":"bob","acks":true}""");
        alice.Says($$"""{"type":"offer","to":"bob","id":"m1","receipt":true,"sdp":"{{new string('x', 600_000)}}"}""");
        alice.Says($$"""{"type":"offer","to":"bob","id":"m2","receipt":true,"sdp":"{{new string('x', 600_000)}}"}""");

        bob.ShowsLifeAlways = true;
        Advance(Mailbox.TimeToLive - TimeSpan.FromMilliseconds(10));
        var before = alice.Types.ToArray();
        Advance(TimeSpan.FromMilliseconds(10));

        Assert.Equal(["registered"], before);
        Assert.Equal(["registered", "offer"], bob.Types);            // waits for its ack and fills the window
        Assert.Equal(["registered", "error"], alice.Types);
        Assert.Contains("\"code\":\"recipient-busy\",\"id\":\"m2\"", alice.Received[1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_that_grew_too_old_with_a_connection_that_never_confirmed_it_is_not_answered_as_stored_when_that_ends()
    {
        Mailbox.TimeToLive = TimeSpan.FromSeconds(10);
        var bob = Register("bob");
        (bob.Confirms, bob.ShowsLifeAlways) = (false, true);
        Send("m1");

        Advance(Mailbox.TimeToLive);
        var before = Answers().ToArray();
        bob.Vanish();

        Assert.Empty(before);
        Assert.Contains("\"code\":\"recipient-busy\",\"id\":\"m1\"", Assert.Single(Answers()), StringComparison.Ordinal);
        Assert.Empty(Numbers(Register("bob")));
    }

    private void Send(string id) => _alice.Says($$"""{"type":"offer","to":"bob","id":"{{id}}","receipt":true,"n":1}""");

    private IEnumerable<string> Answers() => _alice.Received.Skip(1);
}
