using System.Text.Json;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Limits;

/// <summary>What one client does too much of is refused to it, told so, and no other client notices.</summary>
public sealed class ClientLimitSpecs : NodeSpecs
{
    [Fact]
    public void What_apps_do_passes_the_defaults()
    {
        var (alice, bob) = (Register("alice"), Register("bob"));

        for (var second = 0; second < 10; second++)
        {
            foreach (var n in Enumerable.Range(0, second == 0 ? 2_000 : 200)) alice.Says($$"""{"type":"ice-candidate","to":"bob","n":{{n}}}""");
            Advance(TimeSpan.FromSeconds(1));
        }

        Assert.DoesNotContain("error", alice.Types);
        Assert.Equal(3_800, bob.Types.Count(type => type == "ice-candidate"));
    }

    [Fact]
    public void A_message_too_many_is_refused_by_its_id_and_accepted_after_the_wait()
    {
        (Limits.MessagesPerSecond, Limits.MessageBurst) = (10, 5);
        var (alice, bob) = (Register("alice"), Register("bob"));

        foreach (var n in Enumerable.Range(1, 5)) alice.Says(Offer(n)); // the registration was the first of five
        var refused = Answer(alice, 1);
        Advance(TimeSpan.FromMilliseconds(refused.GetProperty("retryAfterMs").GetInt64()));
        alice.Says(Offer(5));

        Assert.Equal(("rate-limited", "m5"), (refused.GetProperty("code").GetString(), refused.GetProperty("id").GetString()));
        Assert.InRange(refused.GetProperty("retryAfterMs").GetInt64(), 1, 100);
        Assert.Equal(2, alice.Received.Count);
        Assert.Equal([1, 2, 3, 4, 5], bob.Received.Skip(1).Select(text => JsonDocument.Parse(text).RootElement.GetProperty("n").GetInt32()));
    }

    [Fact]
    public void What_is_no_message_counts_as_one()
    {
        Limits.MessageBurst = 3;
        var alice = Register("alice");

        foreach (var _ in Enumerable.Range(0, 3)) alice.Says("nonsense");

        Assert.Equal(["invalid-json", "invalid-json", "rate-limited"], alice.Received.Skip(1).Select(text => JsonDocument.Parse(text).RootElement.GetProperty("code").GetString()));
    }

    [Fact]
    public void Bytes_are_counted_and_one_large_message_is_taken_nevertheless()
    {
        (Limits.BytesPerSecond, Limits.ByteBurst) = (1_024, 65_536);
        var (alice, bob) = (Register("alice"), Register("bob"));
        bob.ShowsLifeAlways = alice.ShowsLifeAlways = true;
        Advance(TimeSpan.FromSeconds(1));

        alice.Says(Offer(1, size: 500_000));
        alice.Says(Offer(2));

        Assert.Contains("\"code\":\"rate-limited\",\"id\":\"m2\"", alice.Received[^1], StringComparison.Ordinal);
        Assert.Equal(1, bob.Types.Count(type => type == "offer"));
    }

    [Fact]
    public void A_client_may_send_to_so_many_peers_a_minute_and_goes_on_with_those()
    {
        Limits.RecipientsPerMinute = 3;
        var alice = Register("alice");
        alice.ShowsLifeAlways = true;

        foreach (var i in new[] { 1, 2, 3, 4, 1, 5, 3 }) alice.Says($$"""{"type":"offer","to":"peer-{{i}}"}""");
        var inTheMinute = alice.Types.Skip(1).ToArray();
        Advance(TimeSpan.FromMinutes(1));
        alice.Says("""{"type":"offer","to":"peer-4"}""");

        Assert.Equal(["peer-offline", "peer-offline", "peer-offline", "error", "peer-offline", "error", "peer-offline"], inTheMinute);
        Assert.InRange(Answer(alice, 4).GetProperty("retryAfterMs").GetInt64(), 59_000, 60_000);
        Assert.Equal("peer-offline", alice.Types.Last());
    }

    [Theory]
    [InlineData("""{"type":"get-peers"}""")]
    [InlineData("""{"type":"get-peers","limit":1}""")]
    [InlineData("""{"type":"peer-status","peerId":"bob"}""")]
    [InlineData("""{"type":"watch","peers":["bob"]}""")]
    [InlineData("""{"type":"unwatch","peers":["bob"]}""")]
    [InlineData("""{"type":"get-ice-servers"}""")]
    public void A_client_may_ask_so_often(string question)
    {
        (Limits.QuestionsPerMinute, Limits.QuestionBurst) = (60, 2);
        var alice = Register("alice");

        foreach (var _ in Enumerable.Range(0, 3)) alice.Says(question);

        Assert.Contains("\"code\":\"rate-limited\"", alice.Received[^1], StringComparison.Ordinal);
        Assert.Single(alice.Types, type => type == "error");
        Advance(TimeSpan.FromSeconds(1));
        alice.Says(question);
        Assert.Single(alice.Types, type => type == "error");
    }

    [Fact]
    public void Who_goes_on_nevertheless_is_read_no_further_for_a_while_and_longer_each_time()
    {
        (Limits.MessagesPerSecond, Limits.MessageBurst) = (1, 2);
        var alice = Register("alice");
        alice.Says(Offer(1));
        Assert.False(alice.IsPaused);

        foreach (var milliseconds in new[] { 250, 500, 1_000, 2_000, 4_000, 4_000 })
        {
            foreach (var n in Enumerable.Range(2, 10)) alice.Says(Offer(n));
            Advance(TimeSpan.FromMilliseconds(milliseconds - 1));
            Assert.True(alice.IsPaused);
            Advance(TimeSpan.FromMilliseconds(1));
            Assert.False(alice.IsPaused);
        }

        alice.ShowsLifeAlways = true;
        Advance(TimeSpan.FromMinutes(1));
        foreach (var n in Enumerable.Range(2, 10)) alice.Says(Offer(n));
        Advance(TimeSpan.FromMilliseconds(250));
        Assert.False(alice.IsPaused);
    }

    [Fact]
    public void A_burst_is_read_in_portions_and_nothing_of_it_is_refused()
    {
        var (alice, bob) = (Register("alice"), Register("bob"));
        Advance(TimeSpan.FromSeconds(1));

        foreach (var n in Enumerable.Range(1, 100)) alice.Says(Offer(n));
        Assert.False(alice.IsPaused);
        alice.Says(Offer(101));
        Assert.True(alice.IsPaused);
        foreach (var n in Enumerable.Range(102, 109)) alice.Says(Offer(n)); // read before

        Advance(TimeSpan.FromMilliseconds(26));                     // of 4,000 a second
        Assert.False(alice.IsPaused);
        alice.Says(Offer(211));
        Assert.True(alice.IsPaused);
        Advance(TimeSpan.FromMilliseconds(27));
        Assert.False(alice.IsPaused);
        Assert.Equal(211, Numbers(bob).Count());
        Assert.Equal(["registered"], alice.Types);
    }

    [Fact]
    public void Another_client_has_limits_of_its_own_and_refusals_are_counted()
    {
        Limits.MessageBurst = 2;
        var (alice, bob) = (Register("alice"), Register("bob"));

        foreach (var n in Enumerable.Range(1, 10)) alice.Says(Offer(n));
        bob.Says("""{"type":"answer","to":"alice"}""");

        Assert.Equal(9, Measured["signaling.errors"]);
        Assert.Equal(1, alice.Types.Count(type => type == "answer"));
    }

    private static string Offer(int n, int size = 0) => $$"""{"type":"offer","to":"bob","id":"m{{n}}","n":{{n}},"sdp":"{{new string('x', size)}}"}""";

    private static JsonElement Answer(InMemorySocket client, int index) => JsonDocument.Parse(client.Received[index]).RootElement;
}
