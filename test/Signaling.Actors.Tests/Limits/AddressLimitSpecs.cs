using System.Net;
using System.Text.Json;
using Signaling.Actors.Limits;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Limits;

/// <summary>What the connections of one address send together is bounded, however many there are, and no other address notices.</summary>
public sealed class AddressLimitSpecs : NodeSpecs
{
    private readonly Lazy<Admission> _admission;

    public AddressLimitSpecs() => _admission = new Lazy<Admission>(() => new Admission(Limits, Time));

    [Fact]
    public void Connections_of_one_address_share_its_messages_and_another_address_has_its_own()
    {
        (Limits.MessagesPerSecondPerAddress, Limits.MessageBurstPerAddress) = (10, 5);
        var (alice, bob, carol) = (Register("alice", "192.0.2.1"), Register("bob", "192.0.2.1"), Register("carol", "192.0.2.2"));

        foreach (var n in Enumerable.Range(1, 3)) alice.Says(Offer("carol", n)); // two registrations were of these five
        bob.Says(Offer("carol", 4));
        carol.Says(Offer("alice", 5));

        Assert.Equal([1, 2, 3], Numbers(carol));
        Assert.Equal([5], Numbers(alice));
        var refused = JsonDocument.Parse(bob.Received[^1]).RootElement;
        Assert.Equal("Too fast: not accepted; an address may not exceed 10 messages a second", refused.GetProperty("error").GetString());
        Assert.Equal(("rate-limited", "m4"), (refused.GetProperty("code").GetString(), refused.GetProperty("id").GetString()));
        Assert.InRange(refused.GetProperty("retryAfterMs").GetInt64(), 1, 100);
        Assert.True(bob.IsPaused);
        Assert.False(alice.IsPaused);
    }

    [Fact]
    public void After_the_wait_that_it_is_told_a_client_goes_on()
    {
        (Limits.MessagesPerSecondPerAddress, Limits.MessageBurstPerAddress) = (10, 2);
        var (alice, bob) = (Register("alice", "192.0.2.1"), Register("bob", "192.0.2.2"));
        alice.Says(Offer("bob", 1));
        alice.Says(Offer("bob", 2));

        Advance(TimeSpan.FromMilliseconds(JsonDocument.Parse(alice.Received[^1]).RootElement.GetProperty("retryAfterMs").GetInt64()));
        alice.Says(Offer("bob", 2));

        Assert.Equal([1, 2], Numbers(bob));
    }

    [Fact]
    public void Connections_of_one_address_share_its_bytes()
    {
        (Limits.BytesPerSecondPerAddress, Limits.ByteBurstPerAddress) = (1_024, 65_536);
        var (alice, bob) = (Register("alice", "192.0.2.1"), Register("bob", "192.0.2.1"));

        alice.Says(Offer("bob", 1, size: 60_000));
        bob.Says(Offer("alice", 2, size: 60_000));

        Assert.Equal([1], Numbers(bob));
        Assert.Contains("an address may not exceed 1024 bytes a second", bob.Received[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_address_is_refused_is_not_counted_against_the_connection()
    {
        (Limits.MessagesPerSecondPerAddress, Limits.MessageBurstPerAddress) = (1_000, 2);
        (Limits.MessagesPerSecond, Limits.MessageBurst) = (1, 5);
        var alice = Register("alice", "192.0.2.1");
        foreach (var n in Enumerable.Range(1, 8)) alice.Says(Offer("bob", n));
        Advance(TimeSpan.FromMilliseconds(10));

        alice.Says(Offer("bob", 9));                                // its third

        Assert.Equal("peer-offline", alice.Types.Last());
    }

    private static string Offer(string to, int n, int size = 0) => $$"""{"type":"offer","to":"{{to}}","id":"m{{n}}","n":{{n}},"sdp":"{{new string('x', size)}}"}""";

    private InMemorySocket Register(string peer, string address)
    {
        Assert.Null(_admission.Value.TryEnter(IPAddress.Parse(address), out var place));
        var socket = Connect(place: place);
        socket.Says($$"""{"type":"register","peerId":"{{peer}}","presence":"none"}""");
        return socket;
    }
}
