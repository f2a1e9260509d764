namespace Signaling.Actors.Tests.Auth;

/// <summary>A nonce is of one connection, for one attempt and for a minute.</summary>
public sealed class ChallengeSpecs : AuthorizedSpecs
{
    private const string Proof = """
        ,"proof":{"algorithm":"Ed25519","key":"AQI","audience":"signal.example.org","nonce":"n","signature":"AwQ","more":[{}]}
        """;

    [Fact]
    public void A_proof_reaches_the_authorizer_with_the_connections_nonce()
    {
        var client = Connect();
        client.Says("""{"type":"get-challenge"}""");
        var nonce = Member(client, "nonce");

        client.Says(Register("alice", token: null, Proof));

        var attempt = Assert.Single(Asked.Attempts);
        Assert.Equal(nonce, attempt.Nonce);
        Assert.Equal(("Ed25519", "signal.example.org", "n"), (attempt.Proof!.Algorithm, attempt.Proof.Audience, attempt.Proof.Nonce));
        Assert.Equal([1, 2], attempt.Proof.Key.ToArray());
        Assert.Equal([3, 4], attempt.Proof.Signature.ToArray());
    }

    [Fact]
    public void A_nonce_is_good_for_one_attempt()
    {
        var client = Connect();
        client.Says("""{"type":"get-challenge"}""");

        client.Says(Register("alice", token: null, Proof));
        client.Says(Register("alice", token: null, Proof));

        Assert.NotNull(Asked.Attempts[0].Nonce);
        Assert.Null(Asked.Attempts[1].Nonce);
    }

    [Fact]
    public void Only_the_last_nonce_is_good_and_each_is_another()
    {
        var client = Connect();
        client.Says("""{"type":"get-challenge"}""");
        var first = Member(client, "nonce");
        client.Says("""{"type":"get-challenge"}""");
        var second = Member(client, "nonce");

        client.Says(Register("alice", token: null, Proof));

        Assert.NotEqual(first, second);
        Assert.Equal(second, Assert.Single(Asked.Attempts).Nonce);
    }

    [Fact]
    public void A_nonce_of_another_connection_is_none()
    {
        var (alice, mallory) = (Connect(), Connect());
        alice.Says("""{"type":"get-challenge"}""");

        mallory.Says(Register("alice", token: null, Proof));

        Assert.Null(Assert.Single(Asked.Attempts).Nonce);
    }

    [Theory]
    [InlineData(59, true)]
    [InlineData(60, false)]
    public void A_nonce_is_good_for_a_minute(int seconds, bool isGood)
    {
        var client = RegisterWith("bob");
        client.ShowsLifeAlways = true;
        client.Says("""{"type":"get-challenge"}""");

        Advance(TimeSpan.FromSeconds(seconds));
        client.Says(Register("alice", token: null, Proof));

        Assert.Equal(isGood, Asked.Attempts[^1].Nonce is not null);
    }
}
