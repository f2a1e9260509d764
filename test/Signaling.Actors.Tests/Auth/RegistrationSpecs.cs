using Signaling.Actors.Auth;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Tests.Auth;

/// <summary>Nobody has an id that it was not given.</summary>
public sealed class RegistrationSpecs : AuthorizedSpecs
{
    [Fact]
    public void Who_brings_nothing_is_asked_and_may_try_again()
    {
        var client = Connect();

        client.Says(Register("alice", token: null));
        client.Says("""{"type":"get-peers"}""");
        client.Says(Register("alice", "alice"));

        Assert.Equal(["error", "error", "registered"], client.Types);
        Assert.Contains("\"code\":\"auth-required\"", client.Received[0], StringComparison.Ordinal);
        Assert.Contains("\"code\":\"not-registered\"", client.Received[1], StringComparison.Ordinal);
        Assert.Null(client.CloseFrame);
    }

    [Fact]
    public void Asking_again_and_again_does_not_keep_a_connection()
    {
        var client = Connect();

        for (var second = 0; second < 60; second++)
        {
            client.Says(Register("alice", token: null));
            Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(CloseCode.RegistrationTimeout, client.CloseFrame?.Code);
    }

    [Fact]
    public void Who_brings_anothers_token_is_sent_away_and_what_it_sent_behind_goes_nowhere()
    {
        var bob = RegisterWith("bob");
        var mallory = Connect();
        Asked.Later = new TaskCompletionSource<Verdict>();

        mallory.Says(Register("alice", "mallory"));
        mallory.Says("""{"type":"offer","to":"bob","n":1}""");
        Asked.Later.SetResult(Verdict.Deny("no"));
        Eventually(() => mallory.CloseFrame is not null);

        Assert.Equal((CloseCode.Unauthorized, "unauthorized"), mallory.CloseFrame);
        Assert.Equal("unauthorized", Code(mallory));
        Assert.Empty(Numbers(bob));
        Assert.DoesNotContain("alice", bob.Presence.Keys);
    }

    [Fact]
    public void A_live_id_is_not_taken_over_without_its_token_and_what_is_kept_is_not_read()
    {
        var (alice, bob) = (RegisterWith("alice"), RegisterWith("bob"));
        var carol = RegisterWith("carol");
        carol.Vanish();
        alice.Says("""{"type":"offer","to":"carol","n":1}""");

        foreach (var peer in new[] { "bob", "carol" })
        {
            var mallory = Connect();
            mallory.Says(Register(peer, "mallory"));
            Assert.Equal(["error"], mallory.Types);
        }
        alice.Says("""{"type":"offer","to":"bob","n":2}""");

        Assert.Null(bob.CloseFrame);
        Assert.Equal([2], Numbers(bob));
        Assert.Equal([1], Numbers(RegisterWith("carol")));
    }

    [Fact]
    public void Every_id_of_a_connection_needs_its_own_token()
    {
        var alice = RegisterWith("alice");

        alice.Says(Register("alice-phone", "alice-phone"));
        alice.Says(Register("bob", "alice"));

        Assert.Equal(["registered", "registered", "error"], alice.Types);
        Assert.Equal(CloseCode.Unauthorized, alice.CloseFrame?.Code);
    }

    [Fact]
    public void An_id_that_the_connection_has_needs_no_token_again_until_it_is_given_up()
    {
        var alice = RegisterWith("alice");

        alice.Says(Register("alice", token: null, ""","deviceType":"ios" """));
        alice.Says("""{"type":"unregister"}""");
        alice.Says(Register("alice", token: null));

        Assert.Equal(["registered", "registered", "error"], alice.Types);
        Assert.Equal("auth-required", Code(alice));
    }

    [Fact]
    public void The_token_of_the_handshake_counts_where_register_brings_none()
    {
        var client = Connect(origin: new ClientOrigin(Token: "alice"));

        client.Says(Register("alice", token: null));
        client.Says(Register("bob", "bob"));

        Assert.Equal(["registered", "registered"], client.Types);
        Assert.Equal(["alice", "bob"], Asked.Attempts.Select(attempt => attempt.Token));
    }

    [Fact]
    public void While_nobody_can_say_a_client_may_try_again()
    {
        var client = Connect();
        Asked.Later = new TaskCompletionSource<Verdict>();
        client.Says(Register("alice", "alice", ""","id":"r1" """));
        Asked.Later.SetException(new InvalidOperationException("the authorizer is broken"));
        Eventually(() => client.Received.Count > 0);

        Asked.Later = null;
        client.Says(Register("alice", "alice"));

        Assert.Equal(["error", "registered"], client.Types);
        Assert.Contains("\"code\":\"auth-unavailable\",\"id\":\"r1\"", client.Received[0], StringComparison.Ordinal);
    }

    [Fact]
    public void What_follows_register_waits_for_the_verdict()
    {
        var bob = RegisterWith("bob");
        var alice = Connect();
        Asked.Later = new TaskCompletionSource<Verdict>();

        alice.Says(Register("alice", "alice"));
        alice.Says("""{"type":"offer","to":"bob","n":1}""");
        Assert.Empty(Numbers(bob));
        Asked.Later.SetResult(Verdict.Allow(Grant.Unlimited));

        Eventually(() => Numbers(bob).SequenceEqual([1]));
    }

    [Fact]
    public void A_client_that_leaves_before_the_verdict_never_has_the_id()
    {
        var bob = RegisterWith("bob");
        var alice = Connect();
        Asked.Later = new TaskCompletionSource<Verdict>();

        alice.Says(Register("alice", "alice"));
        alice.Vanish();
        Asked.Later.SetResult(Verdict.Allow(Grant.Unlimited));
        bob.Says("""{"type":"offer","to":"alice","n":1}""");

        Eventually(() => bob.Types.Contains("peer-offline"));
        Assert.Empty(bob.Presence);
    }

    [Theory]
    [InlineData("""{"type":"register","peerId":"alice","token":5}""")]
    [InlineData("""{"type":"register","peerId":"alice","token":"\ud800"}""")]
    [InlineData("""{"type":"register","peerId":"alice","proof":"x"}""")]
    [InlineData("""{"type":"register","peerId":"alice","proof":{"algorithm":"Ed25519"}}""")]
    [InlineData("""{"type":"register","peerId":"alice","proof":{"algorithm":"Ed25519","key":"=","audience":"a","nonce":"n","signature":"AA"}}""")]
    [InlineData("""{"type":"register","peerId":"alice","proof":{"algorithm":"Ed25519","key":"AA","audience":"a","nonce":7,"signature":"AA"}}""")]
    public void What_is_no_token_and_no_proof_is_told(string register)
    {
        var client = Connect();

        client.Says(register);

        Assert.Equal("invalid-credentials", Code(client));
        Assert.Empty(Asked.Attempts);
    }

    [Fact]
    public void A_token_has_so_many_characters_and_no_more()
    {
        var client = Connect();

        client.Says(Register("alice", new string('a', 8_193)));
        Assert.Equal("invalid-credentials", Code(client));
        client.Says(Register("alice", new string('a', 8_192)));

        Assert.Equal("unauthorized", Code(client));
    }
}
