using Signaling.Fuzz.Targets;

namespace Signaling.Node.Tests.Fuzzing;

/// <summary>The long run is <c>dotnet run --project bench/fuzz</c>. That the outcomes are there says that it gets past the first bytes.</summary>
public sealed class FuzzTests
{
    [Theory]
    [InlineData("envelope", 20_000, "invalid-utf8", "too-deep", "not-an-object", "keys that come again", "Register: ok", "Register: invalid-device-info", "Message: missing-payload", "Offer: receipt-needs-id", "Watch: ok", "Ack: ok")]
    [InlineData("frames", 20_000, "Message", "Ping", "Close", "nothing whole", "Violation InvalidPayload: text is not valid UTF-8", "Violation MessageTooBig: message too large", "Violation ProtocolError: the length is not spelled in the fewest bytes")]
    [InlineData("handshake", 20_000, "left to HTTP", "not for a WebSocket", "another version", "no key", "upgraded", "upgraded, with a subprotocol")]
    [InlineData("register", 5_000, "registered", "bob: a peer's message", "offline-message", "receipt", "peers-list", "rate-limited", "mailbox-quota", "too-many-aliases", "too-many-watched", "presence-off", "receipt-needs-id", "closed: Normal", "closed: RegistrationTimeout")]
    [InlineData("tokens", 10_000, "token: allowed ", "token: unauthorized the token has expired", "token: unauthorized the token is not for this peerId", "token: unauthorized the token is no JWT", "proof: allowed ", "register: invalid-credentials", "patterns: ok", "keys: unreadable", "keys: 2", "webhook: allowed", "webhook: auth-unavailable", "webhook: unauthorized")]
    public void Nothing_that_a_stranger_sends_breaks_a_rule_of_the_node(string target, int inputs, params string[] outcomes)
    {
        using var fuzzed = FuzzTargets.All[target].Create();
        var run = FuzzTargets.Start(fuzzed, seed: 1);

        run.Run(inputs);

        Assert.Empty(run.Failures);
        Assert.Equal(inputs, run.Inputs);
        Assert.Empty(outcomes.Except(run.Outcomes.Counts.Select(outcome => outcome.Name)));
    }

    [Fact]
    public void A_run_through_the_actors_of_a_node_is_the_same_every_time()
    {
        Assert.Equal(Outcomes(), Outcomes());

        static (string, long)[] Outcomes()
        {
            using var target = FuzzTargets.All["register"].Create();
            var run = FuzzTargets.Start(target, seed: 3);
            run.Run(1_000);
            return [.. run.Outcomes.Counts];
        }
    }
}
