using System.Text.Json;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Client.Tests;

public class InboxSpecs
{
    private static readonly TimeSpan GapTimeout = TimeSpan.FromSeconds(10);

    private readonly ManualTime _time = new();
    private readonly List<string> _passed = [];
    private readonly Inbox _inbox;

    public InboxSpecs() => _inbox = new Inbox(GapTimeout, _time, message => _passed.Add(message.Content.GetProperty("id").GetString()!));

    [Fact]
    public void A_message_that_comes_again_is_passed_on_once()
    {
        Numbered("s-1", 1);
        Numbered("s-2", 1);
        Numbered("s-1", 1);
        Numbered("s-2", 2);

        Assert.Equal(["s-1", "s-2"], _passed);
    }

    [Fact]
    public void A_message_waits_for_the_one_before_it()
    {
        Numbered("s-1", 1);
        Numbered("s-3", 1);
        Numbered("s-4", 1);
        Assert.Equal(["s-1"], _passed);

        Numbered("s-2", 1);
        Assert.Equal(["s-1", "s-2", "s-3", "s-4"], _passed);
    }

    [Fact]
    public void The_first_message_of_a_session_waits_too()
    {
        Numbered("s-2", 1);
        Numbered("s-1", 1);

        Assert.Equal(["s-1", "s-2"], _passed);
    }

    [Fact]
    public void Nothing_is_waited_for_that_had_its_receipt_before_this_client_was_there()
    {
        Numbered("s-57", 57);

        Assert.Equal(["s-57"], _passed);
    }

    [Fact]
    public void Nothing_is_waited_for_that_the_sender_gave_up()
    {
        Numbered("s-1", 1);
        Numbered("s-3", 2);
        Numbered("s-4", 3);

        Assert.Equal(["s-1", "s-3", "s-4"], _passed);
        Assert.Null(_inbox.NextGap);
    }

    [Fact]
    public void A_message_that_does_not_come_in_time_is_passed_on_late_and_once()
    {
        Numbered("s-1", 1);
        Numbered("s-3", 1);
        Assert.Equal(GapTimeout, _inbox.NextGap);

        _time.Advance(GapTimeout);
        _inbox.CloseGaps();
        Assert.Equal(["s-1", "s-3"], _passed);

        Numbered("s-2", 1);
        Numbered("s-2", 1);
        Assert.Equal(["s-1", "s-3", "s-2"], _passed);
    }

    [Fact]
    public void Time_without_a_connection_does_not_count_as_waiting()
    {
        Numbered("s-2", 1);
        _time.Advance(GapTimeout);

        _inbox.WaitAnew();
        _inbox.CloseGaps();

        Assert.Empty(_passed);
        Assert.Equal(GapTimeout, _inbox.NextGap);
    }

    [Fact]
    public void A_sender_cannot_have_more_held_than_fits_into_what_the_node_hands_over()
    {
        for (var number = 2; number <= 258; number++) Numbered($"s-{number}", 1);

        Assert.Equal(257, _passed.Count);
    }

    [Fact]
    public void Sessions_of_one_sender_and_the_same_session_of_others_are_apart()
    {
        Numbered("s-1", 1);
        Numbered("t-1", 1);
        Numbered("s-1", 1, from: "mallory");

        Assert.Equal(["s-1", "t-1", "s-1"], _passed);
    }

    [Fact]
    public void A_message_of_another_kind_of_client_is_passed_on_once_by_its_id()
    {
        Accept("""{"id":"hello"}""");
        Accept("""{"id":"hello"}""");
        Accept("""{"id":"s-9"}""");                                 // numbered, but nothing to wait for
        Accept("""{"id":"s-7"}""");
        Accept("""{"id":"s-9","oldestPending":-3}""");

        Assert.Equal(["hello", "s-9", "s-7"], _passed);
    }

    [Fact]
    public void A_message_without_an_id_is_recognised_by_its_seq_when_it_is_delivered_again()
    {
        var passed = 0;
        var inbox = new Inbox(GapTimeout, _time, _ => passed++);

        inbox.Accept(Message("{}", "bob", isLate: false), 5, 2);
        inbox.Accept(Message("{}", "bob", isLate: true), 5, 2);
        Assert.Equal(1, passed);

        inbox.Accept(Message("{}", "bob", isLate: false), 5, 2);    // of a node that keeps nothing, and begins anew
        Assert.Equal(2, passed);
    }

    [Fact]
    public void A_message_that_comes_again_counts_as_had_once_the_first_is_processed()
    {
        var first = Numbered("s-1", 1)!;
        Assert.Same(first, Numbered("s-1", 1));

        Inbox.Processed(first);

        Assert.Null(Numbered("s-1", 1));
    }

    [Fact]
    public void What_is_acknowledged_ends_before_the_first_that_is_not_processed()
    {
        var acknowledgements = new Acknowledgements(_time);
        var (first, second) = (Message("{}", "bob", isLate: false), Message("{}", "bob", isLate: false));
        acknowledgements.Add(7, first);
        acknowledgements.Add(9, second);
        acknowledgements.Add(12, null);

        second.IsProcessed = true;
        Assert.Null(acknowledgements.TakeDue(isIdle: true));

        first.IsProcessed = true;
        Assert.Equal(12, acknowledgements.TakeDue(isIdle: true));
        Assert.Null(acknowledgements.TakeDue(isIdle: true));
    }

    [Fact]
    public void While_the_application_has_more_to_do_acknowledgements_wait_for_each_other_but_not_long()
    {
        var acknowledgements = new Acknowledgements(_time);
        acknowledgements.Add(7, null);
        Assert.Null(acknowledgements.TakeDue(isIdle: false));

        acknowledgements.Add(8, null);
        _time.Advance(acknowledgements.NextDue!.Value);

        Assert.Equal(8, acknowledgements.TakeDue(isIdle: false));
        Assert.Null(acknowledgements.NextDue);
    }

    private PeerMessage? Numbered(string id, int oldestPending, string from = "bob") => Accept($$"""{"id":"{{id}}","oldestPending":{{oldestPending}}}""", from);

    private PeerMessage? Accept(string json, string from = "bob") => _inbox.Accept(Message(json, from, isLate: false), null, json.Length);

    private static PeerMessage Message(string json, string from, bool isLate) =>
        new(PeerMessageType.Message, from, JsonDocument.Parse(json).RootElement, isLate ? DateTimeOffset.UnixEpoch : null);
}
