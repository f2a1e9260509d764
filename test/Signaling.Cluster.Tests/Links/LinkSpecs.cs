using Akka.Actor;
using Signaling.Cluster.Wire;

namespace Signaling.Cluster.Tests.Links;

/// <summary>A link on its wire: how it makes batches, what bounds it, and how it ends.</summary>
public sealed class LinkSpecs : LossyPair
{
    [Fact]
    public void What_comes_while_two_batches_are_under_way_leaves_in_one()
    {
        for (var number = 1; number <= 100; number++) One.Say(number);

        var first = Wire.Select(sent => sent.Batch.Number).ToArray();
        Arrive(0);                                                  // its receipt is behind the second
        Arrive(1);

        Assert.Equal([1, 2], first);
        Assert.Equal(3, Wire.Last().Batch.Number);
        ArriveAll();
        Assert.Equal(100, Two.Received.Count);
        Assert.Equal(0, One.Link.WaitingBytes);
    }

    [Fact]
    public void A_batch_is_closed_at_64_KiB()
    {
        for (var i = 0; i < 2; i++) One.Say(i + 1);                 // under way

        for (var i = 0; i < 20; i++) Assert.True(One.TryDeliver(bytes: 10_000));
        ArriveAll();

        Assert.Equal(2, Two.Received.Count);
        Assert.Equal(0, One.Link.WaitingBytes);
    }

    [Fact]
    public void Batches_that_carry_nothing_are_answered_by_nothing()
    {
        One.Say(1);
        Arrive(0);

        var receipt = Assert.Single(Wire).Batch;
        Arrive(0);

        Assert.Equal((0, 1, 0), (receipt.Number, receipt.Received, receipt.Items.Length));
        Assert.Empty(Wire);
    }

    [Fact]
    public void What_is_not_received_is_sent_again_until_it_is()
    {
        One.Say(1);
        One.Say(2);

        for (var i = 0; i < 3; i++)
        {
            Wire.Clear();
            Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal([1, 2], Wire.Select(sent => sent.Batch.Number).Distinct());
        ArriveAll();
        Assert.Equal([1, 2], Two.Received);
    }

    [Fact]
    public void Another_process_at_the_same_address_ignores_what_is_not_for_it()
    {
        One.Say(1);
        var (_, batch) = Wire.Single();
        Wire.Clear();

        Tell(Two.Actor, batch with { To = 3 });

        Assert.Empty(Two.Received);
        Assert.Empty(Wire);
    }

    [Fact]
    public void Where_too_much_waits_messages_are_refused_and_nothing_else()
    {
        One.Say(1);
        One.Say(2);                                                 // the window is full
        while (One.TryDeliver(bytes: 100_000))
        {
        }

        Assert.InRange(One.Link.WaitingBytes, MaxBytes, MaxBytes + 101_000);
        Assert.True(One.TryDeliver(bytes: 1, isResent: true));
        One.Say(3);
        ArriveAll();
        Assert.Equal([1, 2, 3], Two.Received);
        Assert.Equal(0, One.Link.WaitingBytes);
        Assert.True(One.TryDeliver(bytes: 1));
    }

    [Fact]
    public void Of_a_batch_with_an_item_that_cannot_be_read_the_others_are()
    {
        var batch = new ItemWriter();
        Write(batch, 1);
        batch.Begin(ItemKind.ConnectionGone);                       // without its number
        batch.End();
        Write(batch, 2);

        Tell(Two.Actor, new LinkBatch(To: 2, Number: 1, Received: 0, batch.Written));

        Assert.Equal([1, 2], Two.Received);
        Assert.Equal(1, Errors);
    }

    [Fact]
    public void A_batch_that_cannot_be_read_does_not_end_the_link()
    {
        Tell(Two.Actor, new LinkBatch(To: 2, Number: 1, Received: 0, new byte[] { 1, 2, 3 }));
        Tell(Two.Actor, new LinkBatch(To: 2, Number: 2, Received: 0, new byte[] { 255, 255, 255, 255, 7 }));

        Two.Say(1);

        Assert.Equal(1, Errors);                                    // told once
        Assert.Contains(Wire, sent => sent.Batch is { Number: 1, Received: 2 });
    }

    [Fact]
    public void After_its_end_nothing_waits_in_it()
    {
        One.Say(1);
        One.Say(2);
        One.Say(3);

        Tell(One.Actor, PoisonPill.Instance);
        One.Say(4);
        One.TryDeliver(bytes: 100);

        Assert.True(One.IsClosed);
        Assert.Equal(0, One.Link.WaitingBytes);
        Assert.Null(One.Link.Take());
    }

    private static void Write(ItemWriter batch, long number)
    {
        batch.Begin(ItemKind.ConnectionGone);
        batch.Write(number);
        batch.End();
    }
}
