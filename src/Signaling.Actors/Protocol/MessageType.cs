namespace Signaling.Actors.Protocol;

/// <summary>What a client may send. What only the node sends (<c>registered</c>, <c>receipt</c>, …) is <see cref="Unknown"/> here, so it is never relayed.</summary>
public enum MessageType
{
    /// <summary>No type that a client may send.</summary>
    Unknown,

    /// <summary>Take a peer id on this connection.</summary>
    Register,

    /// <summary>Give up every id of this connection.</summary>
    Unregister,

    /// <summary>Ask who is online.</summary>
    GetPeers,

    /// <summary>Ask about one peer.</summary>
    PeerStatus,

    /// <summary>Ask to be told of some peers (PROTOCOL, Part 2).</summary>
    Watch,

    /// <summary>The opposite.</summary>
    Unwatch,

    /// <summary>Ask for a <c>challenge</c> to sign.</summary>
    GetChallenge,

    /// <summary>Ask for STUN and TURN servers (PROTOCOL, Part 2).</summary>
    GetIceServers,

    /// <summary>Ask for a <c>pong</c>.</summary>
    Ping,

    /// <summary>A sign of life that wants no answer.</summary>
    Heartbeat,

    /// <summary>Confirm messages that were received (PROTOCOL, Part 2).</summary>
    Ack,

    /// <summary>Relayed with a <c>payload</c> and a <c>timestamp</c>.</summary>
    Message,

    /// <summary>Relayed.</summary>
    Offer,

    /// <summary>Relayed.</summary>
    Answer,

    /// <summary>Relayed.</summary>
    IceCandidate,

    /// <summary>Relayed; the batched form.</summary>
    IceCandidates,

    /// <summary>Relayed.</summary>
    PairingRequest,

    /// <summary>Relayed.</summary>
    PairingConfirmation,

    /// <summary>Relayed.</summary>
    PairingReject,

    /// <summary>Relayed: one peer tells another that something failed.</summary>
    Error,
}

/// <summary>The spelling of each <see cref="MessageType"/>.</summary>
public static class MessageTypes
{
    // The ones a busy node sees most come first.
    private static readonly (MessageType Type, string Name)[] All =
    [
        (MessageType.IceCandidate, "ice-candidate"),
        (MessageType.IceCandidates, "ice-candidates"),
        (MessageType.Offer, "offer"),
        (MessageType.Answer, "answer"),
        (MessageType.Message, "message"),
        (MessageType.Ack, "ack"),
        (MessageType.Ping, "ping"),
        (MessageType.Heartbeat, "heartbeat"),
        (MessageType.Register, "register"),
        (MessageType.Unregister, "unregister"),
        (MessageType.GetPeers, "get-peers"),
        (MessageType.PeerStatus, "peer-status"),
        (MessageType.Watch, "watch"),
        (MessageType.Unwatch, "unwatch"),
        (MessageType.GetChallenge, "get-challenge"),
        (MessageType.GetIceServers, "get-ice-servers"),
        (MessageType.PairingRequest, "pairing:request"),
        (MessageType.PairingConfirmation, "pairing:confirmation"),
        (MessageType.PairingReject, "pairing:reject"),
        (MessageType.Error, "error"),
    ];

    /// <summary>Reads the value of <c>type</c>, already unescaped.</summary>
    public static MessageType Parse(ReadOnlySpan<byte> utf8)
    {
        foreach (var (type, name) in All)
        {
            if (utf8.Length == name.Length && System.Text.Ascii.Equals(utf8, name)) return type;
        }
        return MessageType.Unknown;
    }

    /// <summary>How <paramref name="type"/> is spelled on the wire.</summary>
    public static string Name(this MessageType type)
    {
        foreach (var entry in All)
        {
            if (entry.Type == type) return entry.Name;
        }
        throw new ArgumentOutOfRangeException(nameof(type), type, "Only known types have a name.");
    }

    /// <summary>Whether the node passes it on to the peer in <c>to</c>.</summary>
    public static bool IsRelayed(this MessageType type) => type >= MessageType.Message;
}
