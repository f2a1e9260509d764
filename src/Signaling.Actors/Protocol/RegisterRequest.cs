namespace Signaling.Actors.Protocol;

/// <summary>What a client's <c>register</c> says.</summary>
/// <param name="Peer">The id.</param>
/// <param name="Device">What the others are told of it.</param>
/// <param name="Acks">The client acknowledges its messages.</param>
/// <param name="Presence">Of whom it wants to be told.</param>
internal readonly record struct RegisterRequest(PeerId Peer, Device Device, bool Acks, PresenceScope Presence)
{
    /// <summary>What says that the client may; null where it brought none. A secret.</summary>
    public string? Token { get; init; }

    /// <inheritdoc cref="Token"/>
    public KeyProof? Proof { get; init; }
}
