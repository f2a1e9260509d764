using Signaling.Actors.Protocol;

namespace Signaling.Actors.Auth;

/// <summary>Decides who may register which peer id. Where a host has none, every client may register every id. Safe for parallel use.</summary>
public interface IPeerAuthorizer
{
    /// <summary>May this client register this id, and so read its mailbox, speak as it and take it over? It is called where frames are read and must not block: what
    /// waits is awaited. Whatever waits has a time-out of its own; the client waits, too.</summary>
    ValueTask<Verdict> AuthorizeAsync(RegistrationAttempt attempt);
}

/// <summary>A client that wants to register.</summary>
/// <param name="Peer">As whom.</param>
/// <param name="Token">Of its <c>register</c>, else of its handshake; null where it brought none. A secret.</param>
/// <param name="Proof">Of its <c>register</c>.</param>
/// <param name="Nonce">What a proof must have signed: of this connection, not used before and not too old; null where there is none such.</param>
/// <param name="Origin">Where the client is.</param>
public sealed record RegistrationAttempt(PeerId Peer, string? Token, KeyProof? Proof, string? Nonce, ClientOrigin Origin);

/// <summary>What is known of a client from its handshake.</summary>
/// <param name="Address">Null where it is not known.</param>
/// <param name="Token">Null where it brought none. A secret.</param>
public sealed record ClientOrigin(System.Net.IPAddress? Address = null, string? Token = null)
{
    /// <summary>Nothing is known.</summary>
    public static readonly ClientOrigin Unknown = new();
}
