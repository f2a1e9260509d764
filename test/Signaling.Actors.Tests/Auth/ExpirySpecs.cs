using Signaling.Actors.Protocol;

namespace Signaling.Actors.Tests.Auth;

/// <summary>What a client may for a time, it may no longer, also on a connection that lives.</summary>
public sealed class ExpirySpecs : AuthorizedSpecs
{
    [Fact]
    public void A_connection_ends_with_its_token_and_what_comes_behind_is_kept()
    {
        var (alice, bob) = (RegisterWith("alice@@100"), RegisterWith("bob"));
        alice.ShowsLifeAlways = bob.ShowsLifeAlways = true;

        Advance(TimeSpan.FromSeconds(99.9));
        Assert.Null(alice.CloseFrame);
        Advance(TimeSpan.FromSeconds(0.1));
        bob.Says("""{"type":"offer","to":"alice","n":1}""");

        Assert.Equal("auth-expired", Code(alice));
        Assert.Equal((CloseCode.Unauthorized, "token expired"), alice.CloseFrame);
        alice.Vanish();
        Assert.Equal([1], Numbers(RegisterWith("alice")));
    }

    [Fact]
    public void The_client_is_told_when_and_a_newer_token_renews_it()
    {
        var alice = RegisterWith("alice@@100");
        alice.ShowsLifeAlways = true;
        var first = long.Parse(Member(alice, "expiresAt")!, null);

        Advance(TimeSpan.FromSeconds(50));
        alice.Says(Register("alice", "alice@@100"));
        Advance(TimeSpan.FromSeconds(99));

        Assert.Equal(first + 50_000, long.Parse(Member(alice, "expiresAt")!, null));
        Assert.Null(alice.CloseFrame);
        Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(CloseCode.Unauthorized, alice.CloseFrame?.Code);
    }

    [Fact]
    public void The_first_of_its_ids_that_expires_ends_a_connection()
    {
        var alice = RegisterWith("alice@@100");
        alice.ShowsLifeAlways = true;
        alice.Says(Register("alice-phone", "alice-phone@@50"));

        Advance(TimeSpan.FromSeconds(50));

        Assert.Equal(CloseCode.Unauthorized, alice.CloseFrame?.Code);
    }

    [Fact]
    public void An_id_that_is_given_up_does_not_expire()
    {
        var alice = RegisterWith("alice@@100");
        alice.ShowsLifeAlways = true;
        alice.Says("""{"type":"unregister"}""");
        alice.Says(Register("alice", "alice"));

        Advance(TimeSpan.FromSeconds(200));

        Assert.Null(alice.CloseFrame);
        Assert.Null(Member(alice, "expiresAt"));
    }

    [Fact]
    public void A_token_of_years_is_no_trouble_for_the_scheduler()
    {
        var alice = RegisterWith($"alice@@{(int)TimeSpan.FromDays(3_650).TotalSeconds}");
        alice.ShowsLifeAlways = true;

        for (var day = 0; day < 3; day++) Advance(TimeSpan.FromDays(1));

        Assert.Null(alice.CloseFrame);
    }
}
