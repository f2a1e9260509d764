namespace Signaling.Actors.Protocol;

/// <summary>WebSocket close codes that the node sends (RFC 6455 §7.4, the IANA registry, and ours from 4000 on).</summary>
public enum CloseCode
{
    /// <summary>Done; with reason "replaced" after a takeover. A replaced client does not reconnect.</summary>
    Normal = 1000,

    /// <summary>The node shuts down. Reconnect.</summary>
    GoingAway = 1001,

    /// <summary>The client broke the framing rules. Do not retry unchanged.</summary>
    ProtocolError = 1002,

    /// <summary>Text that is not UTF-8. Do not retry unchanged.</summary>
    InvalidPayload = 1007,

    /// <summary>A message above the limit. Do not retry unchanged.</summary>
    MessageTooBig = 1009,

    /// <summary>The node failed while handling this connection. Reconnect.</summary>
    InternalError = 1011,

    /// <summary>The node shuts down or restarts, and has told when to come back.</summary>
    ServiceRestart = 1012,

    /// <summary>The client reads too slowly for what is sent to it. Reconnect; what was not read comes again.</summary>
    TryAgainLater = 1013,

    /// <summary>The client may not be here, or not any longer. Do not retry unchanged.</summary>
    Unauthorized = 4003,

    /// <summary>Nothing was registered in time. Reconnect and register.</summary>
    RegistrationTimeout = 4008,
}
