using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Mailboxes;

/// <summary>What was accepted while its recipient was here comes back to the mailbox whole, however much it is. The capacity bounds what is taken in
/// while the peer is away: each such message displaces one at most.</summary>
public sealed class ReturnedMessagesSpecs : NodeSpecs
{
    private const int Many = 250;                                   // the capacity is 100

    private InMemorySocket? _alice;

    private InMemorySocket Alice => _alice ??= Register("alice");   // once the test has chosen its store

    [Fact]
    public void All_that_a_connection_did_not_confirm_is_delivered_again_in_order()
    {
        var bob = RegisterMute();
        Send(1, Many);

        bob.Vanish();

        Assert.Equal(Enumerable.Range(1, Many), Numbers(Register("bob")));
        Assert.Equal(0, Measured["signaling.messages.dropped"]);
    }

    [Fact]
    public void So_is_all_that_waits_for_one_that_reads_too_slowly()
    {
        Mailbox.MaxPendingBytes = 100_000;
        var bob = Register("bob", isWritable: false);
        var accepted = 0;
        while (Alice.Received.Count == 1) Send(++accepted, accepted);

        Advance(Connection.CloseTimeout);

        Assert.True(bob.IsGone);
        Assert.InRange(accepted, 200, 1_000);
        Assert.Equal(Enumerable.Range(1, accepted - 1), Numbers(Register("bob"))); // the last one was refused
    }

    [Fact]
    public void So_is_what_an_aborted_takeover_leaves()
    {
        Register("bob", isWritable: false);
        Send(1, Many);
        var second = Register("bob");
        Send(Many + 1, Many + 1);

        second.Vanish();

        Assert.Equal(Enumerable.Range(1, Many + 1), Numbers(Register("bob")));
    }

    [Fact]
    public void Each_newer_message_displaces_the_oldest_one_and_no_more()
    {
        var bob = RegisterMute();
        Send(1, Many);
        bob.Vanish();

        Send(Many + 1, Many + 3);

        Assert.Equal(Enumerable.Range(4, Many), Numbers(Register("bob")));
        Assert.Equal(3, Measured["signaling.messages.dropped"]);
    }

    [Fact]
    public void What_came_back_does_not_count_as_dropped_while_there_is_room()
    {
        var bob = RegisterMute();
        Send(1, 99);
        bob.Vanish();

        Send(100, 101);

        Assert.Equal(Enumerable.Range(2, 100), Numbers(Register("bob")));
    }

    [Fact]
    public void A_flood_displaces_the_flooders_own_messages()
    {
        var bob = RegisterMute();
        Send(1, Many);
        bob.Vanish();

        var mallory = Register("mallory");
        foreach (var n in Enumerable.Range(1_001, 1_000)) mallory.Says($$"""{"type":"offer","to":"bob","n":{{n}}}""");

        // One for one, until the flooder has as many as the other.
        Assert.Equal([.. Enumerable.Range(126, 125), .. Enumerable.Range(1_876, 125)], Numbers(Register("bob")));
    }

    [Fact]
    public void It_is_all_there_when_the_mailbox_is_opened_again()
    {
        var bob = RegisterMute();
        Send(1, Many);
        bob.Vanish();
        Alice.ShowsLifeAlways = true;
        Advance(Mailbox.IdleTimeout);
        var open = MailboxCount();

        Send(Many + 1, Many + 1);
        FailMailboxes();
        var bobAgain = Register("bob");

        ExpectFailures();
        Assert.Equal(1, open);
        Assert.Equal(Enumerable.Range(2, Many), Numbers(bobAgain));
    }

    [Fact]
    public void Of_each_the_sender_hears_that_it_is_stored_and_it_is()
    {
        var bob = RegisterMute();
        SendWithReceipt(1, Many);

        bob.Vanish();

        Assert.Equal(Enumerable.Range(1, Many).Select(n => $"m{n} stored"), Answers());
        Assert.Equal(Enumerable.Range(1, Many), Numbers(Register("bob")));
    }

    [Fact]
    public void One_that_is_displaced_before_the_store_has_it_is_answered_by_an_error_and_never_as_stored()
    {
        var store = new SlowStore();
        Store = store;
        var bob = RegisterMute();
        SendWithReceipt(1, 150);
        bob.Vanish();
        store.Fail();                                               // so it is tried again in a second
        Eventually(() => store.Waiting == 0);

        SendWithReceipt(151, 151);
        store.Complete();
        Eventually(() => Answers().Count() >= 2);
        var before = Answers().ToArray();
        Advance(TimeSpan.FromSeconds(1));
        store.Complete();
        Eventually(() => Answers().Count() >= 151);
        bob = Register("bob");

        Assert.Equal(["m151 stored", "m1 mailbox-quota"], before);
        Assert.Equal(Enumerable.Range(2, 149).Select(n => $"m{n} stored"), Answers().Skip(2));
        Assert.Equal(Enumerable.Range(2, 150), Numbers(bob));
    }

    [Fact]
    public void One_that_grows_too_old_before_the_store_has_it_is_answered_by_an_error_and_never_as_stored()
    {
        Mailbox.TimeToLive = TimeSpan.FromSeconds(5);
        var store = new SlowStore();
        Store = store;
        var bob = RegisterMute();
        SendWithReceipt(1, 1);
        bob.Vanish();
        SendWithReceipt(2, 2);

        Advance(Mailbox.TimeToLive);
        string[] atOnce = [.. Answers()];
        store.Complete();
        store.Fail();
        Eventually(() => Measured["signaling.messages.stored"] == 1);

        Assert.Equal(["m1 store-unavailable", "m2 store-unavailable"], atOnce);
        Assert.Equal(atOnce, Answers());
        Assert.Empty(Numbers(Register("bob")));
    }

    [Fact]
    public void One_that_was_displaced_and_is_sent_again_is_a_new_message()
    {
        var bob = RegisterMute();
        SendWithReceipt(1, 101);
        bob.Vanish();
        SendWithReceipt(102, 102);

        SendWithReceipt(1, 1);

        Assert.Equal([.. Enumerable.Range(3, 100), 1], Numbers(Register("bob")));
    }

    [Fact]
    public void A_message_that_the_store_does_not_take_displaces_none()
    {
        var store = new SlowStore();
        Store = store;
        var bob = RegisterMute();
        SendWithReceipt(1, 101);
        bob.Vanish();
        store.Complete();
        Eventually(() => Answers().Count() == 101);

        SendWithReceipt(102, 104);
        store.Fail();
        store.Complete();
        store.Fail();
        Eventually(() => Answers().Count() == 104);
        bob = Register("bob");

        Assert.Equal(["m102 store-unavailable", "m103 stored", "m104 store-unavailable"], Answers().Skip(101).Order(StringComparer.Ordinal)); // the store answers from several threads
        Assert.Equal([.. Enumerable.Range(2, 100), 103], Numbers(bob));
    }

    private InMemorySocket RegisterMute()
    {
        var socket = Register("bob");
        socket.Confirms = false;
        return socket;
    }

    private void Send(int first, int last)
    {
        for (var n = first; n <= last; n++) Alice.Says($$"""{"type":"offer","to":"bob","n":{{n}}}""");
    }

    private void SendWithReceipt(int first, int last)
    {
        for (var n = first; n <= last; n++) Alice.Says($$"""{"type":"offer","to":"bob","id":"m{{n}}","receipt":true,"n":{{n}}}""");
    }

    /// <summary>What became of each message, such as <c>m1 stored</c>, in the order it was told.</summary>
    private IEnumerable<string> Answers() => Answers(Alice).Select(answer => $"{answer.Id} {answer.Answer}");
}
