using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Signaling.Actors.Auth;
using Signaling.Actors.Tests.Testing;
using Signaling.Node.Auth;

namespace Signaling.Node.Tests.Auth;

/// <summary>The operator's endpoint decides, and nobody is let in without its word.</summary>
public sealed class WebhookAuthorizerSpecs : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly StubHttp _endpoint = new();
    private readonly WebhookOptions _options = new() { Url = "http://auth.example.org/register", Secret = "node's own", MaxRequests = 2 };
    private readonly Lazy<WebhookAuthorizer> _authorizer;

    public WebhookAuthorizerSpecs() => _authorizer = new(() => new WebhookAuthorizer(_endpoint.Client(), _options, _time, NullLogger.Instance));

    public void Dispose()
    {
        if (_authorizer.IsValueCreated) _authorizer.Value.Dispose();
        _endpoint.Dispose();
    }

    [Fact]
    public async Task It_is_told_who_wants_what_and_knows_the_node_by_its_secret()
    {
        Answers("""{"allow":true}""");

        var verdict = await AskAsync("alice", "t1", new ClientOrigin(IPAddress.Parse("203.0.113.7")));

        Assert.Equal("allowed", verdict.Outcome());
        Assert.Equal("Bearer node's own", _endpoint.Authorization);
        var asked = JsonDocument.Parse(Assert.Single(_endpoint.Requests)).RootElement;
        Assert.Equal(("alice", "t1", "203.0.113.7"), (asked.GetProperty("peerId").GetString(), asked.GetProperty("token").GetString(), asked.GetProperty("address").GetString()));
    }

    [Fact]
    public async Task Its_answer_limits_the_time_and_the_reach()
    {
        Answers("""{"allow":true,"expiresInSeconds":60,"reach":"acme/*"}""");

        var grant = (await AskAsync("alice")).Grant!;

        Assert.Equal(_time.GetUtcNow() + TimeSpan.FromSeconds(60), grant.ExpiresAt);
        Assert.Equal([true, false], new[] { "acme/bob", "other" }.Select(peer => grant.Reach!.Include(Attempts.Peer(peer))));
    }

    [Theory]
    [InlineData(HttpStatusCode.OK, """{"allow":false,"reason":"not a customer"}""", "unauthorized", "not a customer")]
    [InlineData(HttpStatusCode.OK, """{"allow":false}""", "unauthorized", "the server's operator says no")]
    [InlineData(HttpStatusCode.OK, """{"allow":false,"reason":"\ud800"}""", "unauthorized", "the server's operator says no")]
    [InlineData(HttpStatusCode.OK, """{"allow":true,"reach":["\ud800"]}""", "auth-unavailable", "")]
    [InlineData(HttpStatusCode.OK, """{"\ud800":0,"allow":true}""", "auth-unavailable", "")]
    [InlineData(HttpStatusCode.OK, """{"allow":true,"\ud800":0}""", "auth-unavailable", "")]
    [InlineData(HttpStatusCode.Forbidden, "", "unauthorized", "the server's operator says no")]
    [InlineData(HttpStatusCode.Unauthorized, """{"allow":true}""", "unauthorized", "the server's operator says no")]
    [InlineData(HttpStatusCode.NoContent, "", "auth-unavailable", "")]
    [InlineData(HttpStatusCode.Found, """{"allow":true}""", "auth-unavailable", "")]
    [InlineData(HttpStatusCode.InternalServerError, """{"allow":true}""", "auth-unavailable", "")]
    [InlineData(HttpStatusCode.OK, "", "auth-unavailable", "")]
    [InlineData(HttpStatusCode.OK, "yes", "auth-unavailable", "")]
    [InlineData(HttpStatusCode.OK, "[]", "auth-unavailable", "")]
    [InlineData(HttpStatusCode.OK, """{"allow":"true"}""", "auth-unavailable", "")]
    [InlineData(HttpStatusCode.OK, """{"allow":true,"reach":7}""", "auth-unavailable", "")]
    [InlineData(HttpStatusCode.OK, """{"allow":true,"expiresInSeconds":-1}""", "auth-unavailable", "")]
    [InlineData(HttpStatusCode.OK, """{"allow":true,"cacheSeconds":"long"}""", "auth-unavailable", "")]
    public async Task Whatever_is_no_clear_yes_lets_nobody_in(HttpStatusCode status, string body, string outcome, string detail)
    {
        _endpoint.Answer = (status, body);

        var verdict = await AskAsync("alice");

        Assert.Equal((outcome, detail), (verdict.Outcome(), verdict.Detail));
    }

    [Fact]
    public async Task Where_it_cannot_be_reached_a_client_may_try_again()
    {
        Assert.Equal("auth-unavailable", (await AskAsync("alice")).Outcome());
        Answers("""{"allow":true}""");

        Assert.Equal("allowed", (await AskAsync("alice")).Outcome());
    }

    [Fact]
    public async Task A_yes_counts_for_the_same_question_for_a_while()
    {
        Answers("""{"allow":true}""");
        await AskAsync("alice", "t1");
        _endpoint.Answer = null;

        Assert.Equal("allowed", (await AskAsync("alice", "t1")).Outcome());
        Assert.Equal("auth-unavailable", (await AskAsync("bob", "t1")).Outcome());
        Assert.Equal("auth-unavailable", (await AskAsync("alice", "t2")).Outcome());
        Assert.Equal("auth-unavailable", (await AskAsync("alice", token: null)).Outcome());
        Assert.Equal("auth-unavailable", (await AskAsync("alice", "t1", new ClientOrigin(IPAddress.Loopback))).Outcome());
        _time.Advance(_options.CacheTimeToLive);
        Assert.Equal("auth-unavailable", (await AskAsync("alice", "t1")).Outcome());
    }

    [Theory]
    [InlineData("""{"allow":true,"cacheSeconds":0}""", 0)]
    [InlineData("""{"allow":true,"cacheSeconds":10}""", 10)]
    [InlineData("""{"allow":true,"expiresInSeconds":5}""", 5)]      // never longer than the grant
    public async Task It_says_itself_how_long_its_yes_counts(string answer, int seconds)
    {
        Answers(answer);
        await AskAsync("alice");
        _endpoint.Answer = null;

        if (seconds > 0)
        {
            _time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromTicks(1));
            Assert.Equal("allowed", (await AskAsync("alice")).Outcome());
            _time.Advance(TimeSpan.FromTicks(1));
        }
        Assert.Equal("auth-unavailable", (await AskAsync("alice")).Outcome());
    }

    [Fact]
    public async Task A_no_is_not_remembered()
    {
        Answers("""{"allow":false}""");
        await AskAsync("alice");
        Answers("""{"allow":true}""");

        Assert.Equal("allowed", (await AskAsync("alice")).Outcome());
    }

    [Fact]
    public async Task It_is_asked_so_many_questions_at_a_time_and_others_wait()
    {
        Answers("""{"allow":true}""");
        _endpoint.Gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _options.Timeout = TimeSpan.FromMinutes(1);

        var verdicts = Enumerable.Range(0, 5).Select(n => AskAsync($"p{n}").AsTask()).ToArray();
        Assert.True(SpinWait.SpinUntil(() => { lock (_endpoint.Requests) return _endpoint.Requests.Count == 2; }, TimeSpan.FromSeconds(30)));
        _endpoint.Gate.SetResult();

        Assert.All(await Task.WhenAll(verdicts), verdict => Assert.Equal("allowed", verdict.Outcome()));
        Assert.Equal(5, _endpoint.Requests.Count);
    }

    private void Answers(string body) => _endpoint.Answer = (HttpStatusCode.OK, body);

    private ValueTask<Verdict> AskAsync(string peer, string? token = "t", ClientOrigin? origin = null) => _authorizer.Value.AuthorizeAsync(Attempts.With(peer, token, origin: origin));
}
