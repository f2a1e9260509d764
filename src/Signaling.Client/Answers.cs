using System.Text.Json;

namespace Signaling.Client;

/// <summary>What became of a message.</summary>
public enum DeliveryStatus
{
    /// <summary>The recipient has it.</summary>
    Delivered,

    /// <summary>The recipient is away; the node keeps it on its disk.</summary>
    Stored,
}

/// <summary>How a client stands with its node.</summary>
public enum ConnectionState
{
    /// <summary>Not connected; a pause before the next attempt, or not begun.</summary>
    Disconnected,

    /// <summary>Connecting and registering.</summary>
    Connecting,

    /// <summary>Registered.</summary>
    Registered,

    /// <summary>Ended for good.</summary>
    Closed,
}

/// <summary>Of whose coming and going a client is told.</summary>
public enum PresenceScope
{
    /// <summary>Everybody's.</summary>
    All,

    /// <summary>Those that it has to do with, and the watched.</summary>
    Related,

    /// <summary>The watched.</summary>
    Watched,

    /// <summary>Nobody's; it may not watch either.</summary>
    None,
}

/// <summary>A change of <see cref="SignalingClient.State"/>.</summary>
/// <param name="State">The new one.</param>
/// <param name="Cause">Why the connection was lost or not made, where an exception says so.</param>
public sealed record StateChange(ConnectionState State, Exception? Cause);

/// <summary>What the node says of itself to a client that registered.</summary>
/// <param name="IsReconnect">The peer was online already.</param>
/// <param name="Node">This run of the node, for support.</param>
/// <param name="SessionId">This connection, for support.</param>
/// <param name="Features">What the node can do beyond the basics.</param>
/// <param name="ExpiresAt">When the registration ends, unless it is renewed.</param>
public sealed record Registration(bool IsReconnect, string? Node, string? SessionId, IReadOnlyList<string> Features, DateTimeOffset? ExpiresAt);

/// <summary>A peer that is online.</summary>
/// <param name="PeerId">Its id.</param>
/// <param name="DeviceType">As it registered.</param>
/// <param name="DeviceInfo">As it registered.</param>
/// <param name="ConnectedAt">Since when.</param>
public sealed record PeerInfo(string PeerId, string DeviceType, JsonElement DeviceInfo, DateTimeOffset ConnectedAt);

/// <summary>Some of the peers that are online.</summary>
/// <param name="Peers">In the order of their ids.</param>
/// <param name="Total">How many there are in all; null where the node does not say.</param>
/// <param name="Next">What to ask for next; null on the last page.</param>
public sealed record PeersPage(IReadOnlyList<PeerInfo> Peers, int? Total, string? Next);

/// <summary>Whether a peer is online.</summary>
/// <param name="PeerId">Its id.</param>
/// <param name="IsOnline">Whether it is.</param>
/// <param name="DeviceType">As it registered.</param>
/// <param name="DeviceInfo">As it registered; <see cref="JsonValueKind.Undefined"/> where it is away.</param>
public sealed record PeerStatus(string PeerId, bool IsOnline, string? DeviceType, JsonElement DeviceInfo);

/// <summary>A STUN or TURN server, as <c>RTCPeerConnection</c> takes it.</summary>
/// <param name="Urls">Its addresses.</param>
/// <param name="Username">Of a TURN server.</param>
/// <param name="Credential">Of a TURN server.</param>
public sealed record IceServer(IReadOnlyList<string> Urls, string? Username, string? Credential);

/// <summary>The servers that a peer connection needs.</summary>
/// <param name="Servers">None where the node knows none.</param>
/// <param name="TimeToLive">How long their credentials are taken.</param>
public sealed record IceServers(IReadOnlyList<IceServer> Servers, TimeSpan TimeToLive);
