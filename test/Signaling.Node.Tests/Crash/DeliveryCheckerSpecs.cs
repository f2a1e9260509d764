using Signaling.Crash;

namespace Signaling.Node.Tests.Crash;

public sealed class DeliveryCheckerSpecs
{
    private static readonly Message First = new("alice", "bob", 1);
    private static readonly Message Second = new("alice", "bob", 2);
    private static readonly Message Third = new("alice", "bob", 3);

    private readonly DeliveryChecker _checker = new();

    [Fact]
    public void A_run_in_which_everything_came_once_and_in_order_is_valid()
    {
        SendAndAcknowledge(First, Second);
        Receive(First, Second);

        var report = _checker.Check();

        Assert.True(report.IsValid);
        Assert.Equal((2, 2, 0), (report.Attempts, report.Acknowledged, report.Recovered));
    }

    [Fact]
    public void A_message_that_was_acknowledged_and_never_came_is_lost()
    {
        SendAndAcknowledge(First, Second);
        Receive(Second);

        var report = _checker.Check();

        Assert.False(report.IsValid);
        Assert.Equal([First], report.Lost);
    }

    [Fact]
    public void A_message_that_nobody_acknowledged_may_be_missing()
    {
        _checker.Attempts(First);

        var report = _checker.Check();

        Assert.True(report.IsValid);
        Assert.Equal((1, 0, 0), (report.Attempts, report.Acknowledged, report.Recovered));
    }

    [Fact]
    public void A_message_that_nobody_acknowledged_and_that_came_is_recovered()
    {
        _checker.Attempts(First);
        Receive(First);

        var report = _checker.Check();

        Assert.True(report.IsValid);
        Assert.Equal(1, report.Recovered);
    }

    [Fact]
    public void A_message_that_was_never_sent_is_unexpected()
    {
        SendAndAcknowledge(First);
        Receive(First, Second);

        var report = _checker.Check();

        Assert.False(report.IsValid);
        Assert.Equal([Second], report.Unexpected);
    }

    [Fact]
    public void A_message_that_came_to_another_recipient_is_unexpected_there_and_lost_here()
    {
        SendAndAcknowledge(First);
        Receive(First with { To = "carol" });

        var report = _checker.Check();

        Assert.Equal([First], report.Lost);
        Assert.Equal([First with { To = "carol" }], report.Unexpected);
    }

    [Fact]
    public void A_message_that_came_again_is_duplicated_once_for_each_time_and_breaks_no_order()
    {
        SendAndAcknowledge(First, Second);
        Receive(First, Second, First, First);

        var report = _checker.Check();

        Assert.False(report.IsValid);
        Assert.Equal([First, First], report.Duplicated);
        Assert.Empty(report.Reordered);
    }

    [Fact]
    public void A_message_that_came_behind_a_later_one_of_its_sender_is_reordered()
    {
        SendAndAcknowledge(First, Second, Third);
        Receive(Third, First, Second);

        var report = _checker.Check();

        Assert.False(report.IsValid);
        Assert.Equal([First, Second], report.Reordered);
        Assert.Empty(report.Lost);
    }

    [Fact]
    public void Messages_of_different_senders_or_to_different_recipients_have_no_order()
    {
        var (other, elsewhere) = (new Message("carol", "bob", 1), new Message("alice", "dave", 4));
        SendAndAcknowledge(Second, other, elsewhere, Third);

        Receive(Second, elsewhere, other, Third);

        Assert.True(_checker.Check().IsValid);
    }

    private void SendAndAcknowledge(params Message[] messages)
    {
        foreach (var message in messages)
        {
            _checker.Attempts(message);
            _checker.Acknowledged(message);
        }
    }

    private void Receive(params Message[] messages)
    {
        foreach (var message in messages) _checker.Received(message);
    }
}
