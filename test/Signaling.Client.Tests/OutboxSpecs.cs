using System.Text;
using System.Text.Json;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Client.Tests;

public class OutboxSpecs
{
    private readonly ManualTime _time = new();
    private int _sessions;

    [Fact]
    public void Messages_are_numbered_without_gaps_for_each_recipient_and_ask_for_receipts()
    {
        var outbox = Outbox();
        Add(outbox, "bob", 3);
        Add(outbox, "carol", 1);

        Assert.Equal(["bob s1-1 1", "carol s2-1 1", "bob s1-2 1", "bob s1-3 1"], Sent(outbox));
    }

    [Fact]
    public void What_has_no_receipt_is_sent_again_in_order_with_its_ids_before_anything_newer()
    {
        var outbox = Outbox();
        Add(outbox, "bob", 3);
        Sent(outbox);
        outbox.Answer("s1-2", DeliveryStatus.Delivered);
        Add(outbox, "bob", 1);

        outbox.SendAgain();

        Assert.Equal(["bob s1-1 1", "bob s1-3 1", "bob s1-4 1"], Sent(outbox));
    }

    [Fact]
    public void Messages_do_not_run_further_ahead_of_the_oldest_without_a_receipt_than_the_window()
    {
        var outbox = Outbox(window: 2);
        Add(outbox, "bob", 4);
        Assert.Equal(["bob s1-1 1", "bob s1-2 1"], Sent(outbox));

        outbox.Answer("s1-2", DeliveryStatus.Delivered);
        Assert.Empty(Sent(outbox));

        outbox.Answer("s1-1", DeliveryStatus.Delivered);
        Assert.Equal(["bob s1-3 3", "bob s1-4 3"], Sent(outbox));
    }

    [Fact]
    public async Task A_receipt_tells_the_sender_what_became_of_its_message()
    {
        var outbox = Outbox();
        var messages = Add(outbox, "bob", 2);
        Sent(outbox);

        outbox.Answer("s1-1", DeliveryStatus.Stored);
        outbox.Answer("s1-2", DeliveryStatus.Delivered);
        outbox.Answer("s1-2", DeliveryStatus.Stored);               // of a message that was sent twice

        Assert.Equal([DeliveryStatus.Stored, DeliveryStatus.Delivered], await Task.WhenAll(messages.Select(message => message.Answer)));
        Assert.Equal(0, outbox.Count);
    }

    [Fact]
    public void A_refused_message_is_sent_again_after_a_pause_and_nothing_newer_to_its_recipient_before()
    {
        var outbox = Outbox();
        Add(outbox, "bob", 2);
        Sent(outbox);

        outbox.Refuse("s1-1", new SignalingException("mailbox-quota", ""));
        Add(outbox, "bob", 1);
        Add(outbox, "carol", 1);

        Assert.Equal(["carol s2-1 1"], Sent(outbox));
        Assert.Equal(TimeSpan.FromSeconds(1), outbox.NextDue);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["bob s1-1 1", "bob s1-3 1"], Sent(outbox));
    }

    [Fact]
    public async Task A_message_that_is_refused_time_and_again_fails()
    {
        var outbox = Outbox(retries: 1);
        var message = Add(outbox, "bob", 1)[0];
        for (var i = 0; i < 2; i++)
        {
            Assert.Single(Sent(outbox));
            outbox.Refuse("s1-1", new SignalingException("recipient-busy", ""));
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        var refusal = await Assert.ThrowsAsync<SignalingException>(() => message.Answer);
        Assert.Equal("recipient-busy", refusal.Code);
        Assert.Equal(0, outbox.Count);
    }

    [Fact]
    public void Who_went_too_fast_sends_nothing_to_anybody_until_the_node_would_take_it()
    {
        var outbox = Outbox();
        Add(outbox, "bob", 1);
        Sent(outbox);
        outbox.Refuse("s1-1", new SignalingException("rate-limited", "") { RetryAfter = TimeSpan.FromMilliseconds(300) });
        Add(outbox, "carol", 1);

        _time.Advance(TimeSpan.FromMilliseconds(299));
        Assert.Empty(Sent(outbox));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(["bob s1-1 1", "carol s2-1 1"], Sent(outbox));
    }

    [Fact]
    public async Task A_message_that_the_node_never_takes_fails_at_once()
    {
        var outbox = Outbox();
        var message = Add(outbox, "bob", 1)[0];
        Sent(outbox);

        outbox.Refuse("s1-1", new SignalingException("out-of-reach", ""));

        Assert.Equal("out-of-reach", (await Assert.ThrowsAsync<SignalingException>(() => message.Answer)).Code);
    }

    [Fact]
    public void A_message_that_is_cancelled_before_its_turn_takes_no_number()
    {
        var outbox = Outbox();
        var messages = Add(outbox, "bob", 2);

        outbox.Cancel(messages[0], new CancellationToken(canceled: true));

        Assert.Equal(["bob s1-1 1"], Sent(outbox));
        Assert.Equal(1, outbox.Count);
    }

    [Fact]
    public async Task A_message_that_is_larger_than_the_node_takes_is_not_sent_and_takes_no_number()
    {
        var outbox = Outbox();
        outbox.MaxMessageBytes = 200;
        var large = new OutgoingMessage("bob", Encoding.UTF8.GetBytes($$"""{"to":"bob","payload":"{{new string('x', 200)}}"}"""));
        outbox.Add(large);
        Add(outbox, "bob", 1);

        Assert.Equal(["bob s1-1 1"], Sent(outbox));
        Assert.Equal("message-too-large", (await Assert.ThrowsAsync<SignalingException>(() => large.Answer)).Code);
        Assert.Equal(1, outbox.Count);
    }

    [Fact]
    public void A_full_outbox_takes_nothing_more()
    {
        var outbox = Outbox(capacity: 2);
        Add(outbox, "bob", 2);

        Assert.Throws<OutboxFullException>(() => Add(outbox, "carol", 1));

        Sent(outbox);
        outbox.Answer("s1-1", DeliveryStatus.Stored);
        Add(outbox, "carol", 1);
    }

    private Outbox Outbox(int capacity = 1_000, int window = 64, int retries = 5) => new(
        new SignalingClientOptions { Server = new Uri("ws://localhost"), PeerId = "alice", OutboxCapacity = capacity, Window = window, RefusalRetries = retries, TimeProvider = _time, Jitter = () => 1 },
        () => $"s{++_sessions}");

    private static OutgoingMessage[] Add(Outbox outbox, string to, int count)
    {
        OutgoingMessage[] messages = [.. Enumerable.Range(0, count).Select(_ => new OutgoingMessage(to, Encoding.UTF8.GetBytes($$"""{"to":"{{to}}"}""")))];
        foreach (var message in messages) outbox.Add(message);
        return messages;
    }

    private static List<string> Sent(Outbox outbox)
    {
        var sent = new List<string>();
        while (outbox.TakeDue() is { } frame)
        {
            var json = JsonDocument.Parse(frame).RootElement;
            Assert.True(json.GetProperty("receipt").GetBoolean());
            sent.Add($"{json.GetProperty("to")} {json.GetProperty("id")} {json.GetProperty("oldestPending")}");
        }
        return sent;
    }
}
