using Signaling.Actors.Protocol;

namespace Signaling.Actors.Auth;

/// <summary>An <see cref="IPeerAuthorizer"/>'s answer.</summary>
public sealed record Verdict
{
    private Verdict(Grant? grant, ErrorCode? problem, string detail) => (Grant, Problem, Detail) = (grant, problem, detail);

    /// <summary>What the client may do; null where it may not register.</summary>
    public Grant? Grant { get; }

    /// <summary>Why not; null where it may.</summary>
    public ErrorCode? Problem { get; }

    /// <summary>Follows the problem's sentence.</summary>
    public string Detail { get; }

    /// <summary>It may register.</summary>
    public static Verdict Allow(Grant grant) => new(grant, null, "");

    /// <summary>What it brought does not let it; its connection closes with 4003.</summary>
    /// <param name="detail">Why, for the client; nothing that helps somebody guess.</param>
    public static Verdict Deny(string detail) => new(null, ErrorCode.Unauthorized, detail);

    /// <summary>It brought nothing to decide upon; it may try again.</summary>
    /// <param name="detail">What it is to bring.</param>
    public static Verdict Ask(string detail) => new(null, ErrorCode.AuthRequired, detail);

    /// <summary>Nobody can say now; it may try again.</summary>
    public static readonly Verdict Unavailable = new(null, ErrorCode.AuthUnavailable, "");
}

/// <summary>What a client may do as a peer.</summary>
/// <param name="ExpiresAt">Then its connection closes with 4003, unless it registers again before; null: never.</param>
/// <param name="Reach">Whom it may see and send to, beside itself; null: everybody.</param>
public sealed record Grant(DateTimeOffset? ExpiresAt = null, PeerPatterns? Reach = null)
{
    /// <summary>Everything, for ever.</summary>
    public static readonly Grant Unlimited = new();
}
