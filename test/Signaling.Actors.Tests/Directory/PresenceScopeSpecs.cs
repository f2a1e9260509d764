using System.Text.Json;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Directory;

/// <summary>Of whom a client is told, as it asked on the wire (PROTOCOL, Part 2).</summary>
public sealed class PresenceScopeSpecs : NodeSpecs
{
    public PresenceScopeSpecs() => Presence.MaxWatched = 3;

    [Theory]
    [InlineData("all", "bob online, carol online")]
    [InlineData("related", "")]
    [InlineData("watched", "")]
    [InlineData("none", "")]
    public void A_client_names_its_scope(string scope, string expected)
    {
        var alice = RegisterWith("alice", $"\"presence\":\"{scope}\"");

        Register("bob");
        Register("carol");

        Assert.Equal(expected, string.Join(", ", alice.PresenceLog));
    }

    [Theory]
    [InlineData("\"some\"")]
    [InlineData("\"ALL\"")]
    [InlineData("true")]
    [InlineData("[\"all\"]")]
    [InlineData("\"\"")]
    public void A_scope_that_is_none_is_refused(string scope)
    {
        var alice = RegisterWith("alice", $"\"presence\":{scope},\"id\":7");

        Assert.Equal(("invalid-presence", 7), (Error(alice).Code, Error(alice).Id));
        Assert.Equal(["error"], alice.Types);
    }

    [Fact]
    public void Without_a_name_it_is_all_up_to_the_limit_and_related_beyond()
    {
        Presence.BroadcastLimit = 2;
        var (alice, bob) = (Register("alice"), Register("bob"));

        bob.Says("""{"type":"message","to":"alice","payload":1}""");
        var carol = Register("carol");
        Register("dave");
        bob.Vanish();
        Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(["bob online", "bob offline"], alice.PresenceLog);
        Assert.Empty(carol.PresenceLog);                            // neither of dave nor of bob
    }

    [Fact]
    public void Both_sides_of_a_message_are_told_of_each_other()
    {
        var (alice, bob, carol) = (Related("alice"), Related("bob"), Related("carol"));

        alice.Says("""{"type":"offer","to":"bob"}""");
        bob.Vanish();
        Advance(TimeSpan.FromSeconds(1));
        Register("bob").Says("""{"type":"answer","to":"alice"}""");
        alice.Vanish();
        Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(["bob offline", "bob online"], alice.PresenceLog);
        Assert.Empty(carol.PresenceLog);
    }

    [Fact]
    public void Who_got_a_message_that_waited_is_told_of_its_sender()
    {
        var alice = Related("alice");
        alice.Says("""{"type":"offer","to":"bob"}""");
        alice.Vanish();
        Advance(TimeSpan.FromSeconds(2));

        var bob = Related("bob");
        Related("alice");

        Assert.Equal(["alice online"], bob.PresenceLog);
    }

    [Fact]
    public void Who_asked_about_a_peer_is_told_of_it()
    {
        var alice = Related("alice");

        alice.Says("""{"type":"peer-status","peerId":"bob"}""");
        Register("bob");

        Assert.Equal(["bob online"], alice.PresenceLog);
    }

    [Fact]
    public void A_connection_that_comes_back_still_hears_of_those_it_had_to_do_with()
    {
        var (alice, bob) = (Related("alice"), Related("bob"));
        alice.Says("""{"type":"offer","to":"bob"}""");

        alice.Vanish();
        var again = Related("alice");                               // within the grace period
        var takenOver = Related("alice");
        bob.Vanish();
        Advance(TimeSpan.FromSeconds(1));

        Assert.True(again.CloseFrame is not null);
        Assert.Equal(["bob offline"], takenOver.PresenceLog);
    }

    [Theory]
    [InlineData("related")]
    [InlineData("watched")]
    public void Who_watches_gets_the_status_now_and_then_every_change(string scope)
    {
        var (alice, bob) = (RegisterWith("alice", $"\"presence\":\"{scope}\""), RegisterWith("bob", "\"deviceType\":\"mobile\",\"deviceInfo\":{\"os\":\"iOS\"}"));

        alice.Says("""{"type":"watch","peers":["bob","carol"]}""");
        bob.Vanish();
        Register("dave");
        Register("carol");
        Advance(TimeSpan.FromSeconds(1));

        var now = Time.GetUtcNow().ToUnixTimeMilliseconds() - 1000;
        Assert.Equal(
            [
                $$$"""{"type":"peer-status","peerId":"bob","status":"online","deviceType":"mobile","deviceInfo":{"os":"iOS"},"timestamp":{{{now}}}}""",
                $$"""{"type":"peer-status","peerId":"carol","status":"offline","deviceType":"unknown","timestamp":{{now}}}""",
            ],
            alice.Received[^2..]);
        Assert.Equal(["carol online", "bob offline"], alice.PresenceLog);
    }

    /// <summary>For lists it is away at once; but who watches is told of changes as they are announced, and if it is back in time, none is.</summary>
    [Fact]
    public void A_peer_within_its_grace_period_is_online_for_who_watches()
    {
        var (alice, bob) = (Related("alice"), Register("bob"));
        bob.Vanish();

        alice.Says("""{"type":"watch","peers":["bob"]}""");
        Register("bob");
        Advance(TimeSpan.FromSeconds(2));

        Assert.Contains("\"status\":\"online\"", alice.Received[^1]);
        Assert.Empty(alice.PresenceLog);
    }

    [Fact]
    public void Unwatch_ends_it_in_the_order_they_were_said()
    {
        var alice = RegisterWith("alice", "\"presence\":\"watched\"");

        alice.Says("""{"type":"watch","peers":["bob","carol"]}""");
        alice.Says("""{"type":"unwatch","peers":["bob"]}""");
        Register("bob");
        Register("carol");

        Assert.Equal(["carol online"], alice.PresenceLog);
        Assert.Equal(["registered", "peer-status", "peer-status"], alice.Types);
    }

    [Theory]
    [InlineData("""{"type":"watch","peers":["a","b","c","d"],"id":"x"}""", "too-many-watched")]
    [InlineData("""{"type":"watch","id":"x"}""", "invalid-peers")]
    [InlineData("""{"type":"watch","peers":"bob","id":"x"}""", "invalid-peers")]
    [InlineData("""{"type":"watch","peers":["bob",7],"id":"x"}""", "invalid-peers")]
    [InlineData("""{"type":"watch","peers":[[[]]],"id":"x"}""", "invalid-peers")]
    [InlineData("""{"type":"unwatch","peers":["bo\u0000b"],"id":"x"}""", "invalid-peers")]
    public void What_cannot_be_watched_is_refused(string message, string code)
    {
        var alice = Related("alice");

        alice.Says(message);

        Assert.Equal((code, "x"), (Error(alice).Code, Error(alice).Id));
    }

    [Fact]
    public void Who_wants_to_hear_of_nobody_cannot_watch()
    {
        var alice = RegisterWith("alice", "\"presence\":\"none\"");

        alice.Says("""{"type":"watch","peers":["bob"]}""");

        Assert.Equal("presence-off", Error(alice).Code);
    }

    [Fact]
    public void What_was_watched_ends_with_unregister()
    {
        var alice = Related("alice");
        alice.Says("""{"type":"watch","peers":["bob"]}""");

        alice.Says("""{"type":"unregister"}""");
        alice.Says("""{"type":"register","peerId":"alice-2","presence":"related"}""");
        Register("bob");

        Assert.Empty(alice.PresenceLog);
    }

    private InMemorySocket Related(string peer) => RegisterWith(peer, "\"presence\":\"related\"");

    private InMemorySocket RegisterWith(string peer, string members)
    {
        var socket = Connect();
        socket.Says($$"""{"type":"register","peerId":"{{peer}}",{{members}}}""");
        return socket;
    }

    private static (string? Code, object? Id) Error(InMemorySocket socket)
    {
        var error = JsonDocument.Parse(socket.Received[^1]).RootElement;
        object? id = !error.TryGetProperty("id", out var named) ? null : named.ValueKind == JsonValueKind.Number ? named.GetInt32() : named.GetString();
        return (error.GetProperty("code").GetString(), id);
    }
}
