using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Signaling.Actors.Tests.Testing;
using Signaling.Node.Auth;

namespace Signaling.Node.Tests.Auth;

/// <summary>An issuer that publishes its keys changes them without a word to the node.</summary>
public sealed class PublishedKeysSpecs : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly StubHttp _issuer = new();
    private readonly ECDsa _first = ECDsa.Create(ECCurve.NamedCurves.nistP256), _second = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly JwtAuthorizer _authorizer;

    public PublishedKeysSpecs()
    {
        var options = new JwtOptions { JwksUrl = "https://issuer.example.org/keys" };
        _authorizer = new JwtAuthorizer(options, new PublishedKeys(_issuer.Client(), options, _time, NullLogger.Instance), _time);
    }

    public void Dispose()
    {
        _issuer.Dispose();
        _first.Dispose();
        _second.Dispose();
    }

    [Fact]
    public async Task A_new_key_is_known_as_soon_as_a_token_needs_it()
    {
        Publish(_first, "k1");
        Assert.Equal("allowed", await AskAsync(_first, "k1"));
        Publish(_second, "k2");
        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal("allowed", await AskAsync(_second, "k2"));
        Assert.Equal("unauthorized", await AskAsync(_first, "k1"));
    }

    [Fact]
    public async Task Tokens_of_unknown_keys_do_not_become_requests()
    {
        Publish(_first, "k1");

        for (var i = 0; i < 100; i++) Assert.Equal("unauthorized", await AskAsync(_second, $"unknown-{i}"));

        Assert.Single(_issuer.Requests);
    }

    [Fact]
    public async Task Nobody_is_let_in_before_there_are_keys_and_everybody_may_try_again()
    {
        Assert.Equal("auth-unavailable", await AskAsync(_first, "k1"));
        Publish(_first, "k1");
        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal("allowed", await AskAsync(_first, "k1"));
    }

    [Theory]
    [InlineData(HttpStatusCode.InternalServerError, "")]
    [InlineData(HttpStatusCode.OK, "<html>")]
    [InlineData(HttpStatusCode.OK, "{}")]
    public async Task Keys_stay_in_force_while_the_issuer_is_away(HttpStatusCode status, string body)
    {
        Publish(_first, "k1");
        Assert.Equal("allowed", await AskAsync(_first, "k1"));

        _issuer.Answer = (status, body);
        _time.Advance(TimeSpan.FromHours(2));

        Assert.Equal("unauthorized", await AskAsync(_second, "k2"));
        Assert.Equal("allowed", await AskAsync(_first, "k1"));
    }

    [Fact]
    public async Task A_key_that_the_issuer_has_withdrawn_is_forgotten_in_time()
    {
        Publish(_first, "k1");
        Assert.Equal("allowed", await AskAsync(_first, "k1"));
        Publish(_second, "k2");
        _time.Advance(TimeSpan.FromMinutes(10));

        await AskAsync(_first, "k1");                               // begins to look
        Assert.Equal("allowed", await AskAsync(_second, "k2"));     // waits for it

        Assert.Equal("unauthorized", await AskAsync(_first, "k1"));
        Assert.Equal(2, _issuer.Requests.Count);
    }

    private void Publish(ECDsa key, string kid) => _issuer.Answer = (HttpStatusCode.OK, Tokens.KeySet(key, kid));

    private async Task<string> AskAsync(ECDsa key, string kid)
    {
        var token = Tokens.Es256(Tokens.Claims("alice", _time.GetUtcNow().ToUnixTimeSeconds() + 60), key, kid);
        return (await _authorizer.AuthorizeAsync(Attempts.With("alice", token))).Outcome();
    }
}
