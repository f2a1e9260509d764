using Signaling.ClusterFaults.Histories;

namespace Signaling.Cluster.Tests.Histories;

public sealed class HistoryCheckerSpecs
{
    private readonly List<HistoryEvent> _history = [new Joined("alice", PeerKind.Acks), new Joined("bob", PeerKind.Acks), new Joined("carol", PeerKind.Original), new Joined("dave", PeerKind.Client)];

    [Fact]
    public void A_history_in_which_everything_came_once_and_in_order_is_valid()
    {
        Add(Send(1), Come(1, seq: 10), Delivered(1), Send(2), Stored(2), Come(2, seq: 11));

        var report = Check();

        Assert.Empty(report.Violations);
        Assert.Equal((2, 2, 2, 0), (report.Sent, report.Confirmed, report.Received, report.Ignored));
    }

    [Theory]
    [InlineData(Outcome.Delivered)]
    [InlineData(Outcome.Stored)]
    [InlineData(Outcome.Offline)]
    public void What_was_confirmed_and_never_came_is_lost(object outcome)
    {
        Add(Send(1), new Answered("alice", "bob", 1, (Outcome)outcome));

        AssertOnly(ViolationKind.Lost, "alice → bob 1");
    }

    [Fact]
    public void What_nobody_confirmed_or_what_was_refused_may_be_missing()
    {
        Add(Send(1), Send(2), new Answered("alice", "bob", 2, Outcome.Refused, "recipient-busy"));

        var report = Check();

        Assert.Empty(report.Violations);
        Assert.Equal((2, 0, 1, 0), (report.Sent, report.Confirmed, report.Refused, report.Received));
    }

    [Fact]
    public void What_came_and_was_never_sent_is_invented()
    {
        Add(Come(1, seq: 10));

        AssertOnly(ViolationKind.Invented, "alice → bob 1");
    }

    [Fact]
    public void What_came_to_another_peer_is_invented_there_and_lost_here()
    {
        Add(Send(1), Delivered(1), new Received("dave", "alice", 1));

        Assert.Equal([ViolationKind.Lost, ViolationKind.Invented], Check().Violations.Select(violation => violation.Kind));
    }

    [Fact]
    public void An_answer_to_what_was_never_sent_is_unasked()
    {
        Add(Delivered(1));

        Assert.Equal(ViolationKind.Unasked, Assert.Single(Check().Violations).Kind);
    }

    [Fact]
    public void What_comes_again_with_the_same_seq_is_ignored()
    {
        Add(Send(1), Send(2), Come(1, seq: 10), Come(2, seq: 11), Come(1, seq: 10), Come(2, seq: 11));

        var report = Check();

        Assert.Empty(report.Violations);
        Assert.Equal(2, report.Ignored);
    }

    [Fact]
    public void What_comes_again_with_another_seq_is_ignored_by_its_sender_and_number()
    {
        Add(Send(1), Come(1, seq: 10), Come(1, seq: 20));

        var report = Check();

        Assert.Empty(report.Violations);
        Assert.Equal(1, report.Ignored);
    }

    [Fact]
    public void What_comes_again_after_a_thousand_others_is_duplicated()
    {
        for (var number = 1; number <= 1_001; number++) Add(Send(number), Come(number, seq: number));
        Add(Come(1, seq: 2_000));

        AssertOnly(ViolationKind.Duplicated, "alice → bob 1");
    }

    [Fact]
    public void What_the_client_hands_over_again_is_duplicated()
    {
        Add(new Sent("alice", "dave", 1, 1, Receipt: true), new Received("dave", "alice", 1), new Received("dave", "alice", 1));

        AssertOnly(ViolationKind.Duplicated, "alice → dave 1");
    }

    [Fact]
    public void What_comes_again_to_a_client_of_the_original_protocol_is_ignored()
    {
        Add(new Sent("alice", "carol", 1, 1, Receipt: true), new Received("carol", "alice", 1), new Received("carol", "alice", 1));

        var report = Check();

        Assert.Empty(report.Violations);
        Assert.Equal(1, report.Ignored);
    }

    [Fact]
    public void What_came_behind_a_later_one_is_reordered()
    {
        Add(Send(1), Send(2), Come(2, seq: 10), Come(1, seq: 11));

        AssertOnly(ViolationKind.Reordered, "alice → bob 1");
    }

    [Fact]
    public void Order_holds_across_connections_for_what_is_sent_again()
    {
        Add(Send(1), Send(1, connection: 2), Send(2, connection: 2), Come(2, seq: 10), Come(1, seq: 11));

        AssertOnly(ViolationKind.Reordered, "alice → bob 1");
    }

    [Fact]
    public void Order_holds_within_a_connection_for_what_has_no_receipt()
    {
        Add(Plain(1, connection: 1), Plain(2, connection: 1), Plain(3, connection: 2), Come(3, seq: 10, "carol"), Come(2, seq: 11, "carol"), Come(1, seq: 12, "carol"));

        AssertOnly(ViolationKind.Reordered, "carol (connection 1) → bob 1");
    }

    [Fact]
    public void A_new_message_under_a_seq_that_its_recipient_has_had_is_named_and_lost()
    {
        Add(Send(1), Send(2), Come(1, seq: 10), Come(2, seq: 10), Delivered(2));

        Assert.Equal([ViolationKind.SeqReused, ViolationKind.Lost], Check().Violations.Select(violation => violation.Kind));
    }

    [Fact]
    public void A_client_that_was_made_to_give_up_is_told()
    {
        Add(new Ended("dave", "Another connection registered this peer id."));

        AssertOnly(ViolationKind.Ended, "dave at 0.000 s: Another connection registered this peer id.");
    }

    [Fact]
    public void Who_goes_on_as_another_kind_of_client_remembers_what_the_former_one_has_had()
    {
        Add(new Sent("alice", "dave", 1, 1, Receipt: true), new Received("dave", "alice", 1), new Joined("dave", PeerKind.Acks), new Received("dave", "alice", 1, 10));

        var report = Check();

        Assert.Empty(report.Violations);
        Assert.Equal(1, report.Ignored);
    }

    [Fact]
    public void Owners_who_follow_each_other_are_no_double_owners()
    {
        Add(Opened(5, "node-1"), Wrote(5, "node-1"), Wrote(7, "node-1"), Opened(8, "node-2"), Wrote(8, "node-2"), Closed(8, "node-2"), Opened(9, "node-1"), Wrote(9, "node-1"));

        var report = Check();

        Assert.Empty(report.Violations);
        Assert.Equal(8, report.Owned);
    }

    [Fact]
    public void A_write_of_the_node_that_had_the_mailbox_before_is_a_double_owner()
    {
        Add(Opened(5, "node-1"), Opened(6, "node-2"), Wrote(6, "node-1"));

        AssertOnly(ViolationKind.DoubleOwner, "bob: node-1 wrote with generation 6 after node-2 opened with 6");
    }

    [Fact]
    public void A_write_of_an_older_generation_is_a_double_owner_also_of_the_same_node()
    {
        Add(Opened(5, "node-1"), Opened(6, "node-1"), Wrote(5, "node-1"));

        AssertOnly(ViolationKind.DoubleOwner, "bob: node-1 wrote with generation 5 after node-1 opened with 6");
    }

    [Fact]
    public void A_write_to_a_closed_mailbox_is_a_double_owner()
    {
        Add(Opened(5, "node-1"), Closed(5, "node-1"), Wrote(5, "node-1"));

        AssertOnly(ViolationKind.DoubleOwner, "bob: node-1 wrote with generation 5 after node-1 closed with 5");
    }

    [Theory]
    [InlineData(5)]
    [InlineData(4)]
    public void An_opening_that_does_not_raise_the_generation_is_a_double_owner(long generation)
    {
        Add(Opened(5, "node-1"), Opened(generation, "node-2"));

        Assert.Equal(ViolationKind.DoubleOwner, Assert.Single(Check().Violations).Kind);
    }

    [Fact]
    public void A_closing_of_what_another_has_opened_is_a_double_owner()
    {
        Add(Opened(5, "node-1"), Opened(6, "node-2"), Closed(5, "node-1"));

        Assert.Equal(ViolationKind.DoubleOwner, Assert.Single(Check().Violations).Kind);
    }

    [Fact]
    public void Owners_of_different_mailboxes_have_nothing_to_do_with_each_other()
    {
        Add(Opened(5, "node-1"), Opened(6, "node-2") with { Peer = "carol" }, Wrote(5, "node-1"));

        Assert.Empty(Check().Violations);
    }

    private static Sent Send(int number, int connection = 1) => new("alice", "bob", number, connection, Receipt: true);

    private static Sent Plain(int number, int connection) => new("carol", "bob", number, connection, Receipt: false);

    private static Received Come(int number, long seq, string from = "alice") => new("bob", from, number, seq);

    private static Answered Delivered(int number) => new("alice", "bob", number, Outcome.Delivered);

    private static Answered Stored(int number) => new("alice", "bob", number, Outcome.Stored);

    private static Owned Opened(long generation, string node) => new("bob", OwnerAct.Opened, generation, node);

    private static Owned Wrote(long generation, string node) => new("bob", OwnerAct.Wrote, generation, node);

    private static Owned Closed(long generation, string node) => new("bob", OwnerAct.Closed, generation, node);

    private void Add(params HistoryEvent[] events) => _history.AddRange(events);

    private HistoryReport Check() => HistoryChecker.Check(_history);

    private void AssertOnly(ViolationKind kind, string text) => Assert.Equal([new Violation(kind, text)], Check().Violations);
}
