using Signaling.Actors.Auth;
using Signaling.Actors.Protocol;

namespace Signaling.Node.Tests.Auth;

/// <summary>Clients that want to register.</summary>
internal static class Attempts
{
    public static RegistrationAttempt With(string peer, string? token = null, KeyProof? proof = null, string? nonce = null, ClientOrigin? origin = null) =>
        new(Peer(peer), token, proof, nonce, origin ?? ClientOrigin.Unknown);

    public static PeerId Peer(string id)
    {
        Assert.True(PeerId.TryParse(id, out var peer));
        return peer;
    }

    /// <summary>What a client is told: <c>allowed</c>, or an error's code.</summary>
    public static string Outcome(this Verdict verdict) => verdict.Problem?.Code ?? "allowed";
}
