using Signaling.Actors.Auth;

namespace Signaling.Actors.Tests.Auth;

/// <summary>Lets a client have what its token says: <c>peer@reach@seconds</c>; and decides later where the test wants it.</summary>
internal sealed class ScriptedAuthorizer(TimeProvider time) : IPeerAuthorizer
{
    public List<RegistrationAttempt> Attempts { get; } = [];

    /// <summary>Answers the next attempts; null: at once.</summary>
    public TaskCompletionSource<Verdict>? Later { get; set; }

    public ValueTask<Verdict> AuthorizeAsync(RegistrationAttempt attempt)
    {
        Attempts.Add(attempt);
        return Later is { } later ? new ValueTask<Verdict>(later.Task) : new ValueTask<Verdict>(Decide(attempt));
    }

    private Verdict Decide(RegistrationAttempt attempt)
    {
        if (attempt.Token is not { } token) return Verdict.Ask("a token");
        var parts = token.Split('@');
        if (parts[0] != attempt.Peer.Value) return Verdict.Deny("the token is for another peer");
        var reach = default(PeerPatterns);
        if (parts.Length > 1 && parts[1].Length > 0) Assert.True(PeerPatterns.TryParse(parts[1].Split(','), out reach));
        return Verdict.Allow(new Grant(parts.Length > 2 ? time.GetUtcNow() + TimeSpan.FromSeconds(int.Parse(parts[2], null)) : null, reach));
    }
}
