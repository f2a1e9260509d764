using System.ComponentModel.DataAnnotations;

namespace Signaling.Actors.Limits;

/// <summary>How many clients there may be and how much each may do, so that none takes the service from the others. What a client sends over a limit is answered <c>rate-limited</c> and not accepted.</summary>
public sealed class LimitOptions
{
    /// <summary>WebSockets that may be open.</summary>
    /// <value>1 to 10,000,000, default 100,000. Above: 503 before the upgrade.</value>
    [Range(1, 10_000_000)] public int MaxConnections { get; set; } = 100_000;

    /// <summary>WebSockets that may be open from one address; of IPv6, from one /64. This machine's own are not counted.</summary>
    /// <value>1 to 10,000,000, default 1,000: offices and mobile networks share addresses. Above: 503 before the upgrade.</value>
    [Range(1, 10_000_000)] public int ConnectionsPerAddress { get; set; } = 1_000;

    /// <summary>Connections that may be open and are no WebSocket, or none yet; those whose TLS has not been agreed on are of them.</summary>
    /// <value>1 to 10,000,000, default 10,000. Above: 503 to whoever connects; where TLS comes first, the connection's end without an answer.</value>
    [Range(1, 10_000_000)] public int HandshakesInProgress { get; set; } = 10_000;

    /// <summary>Messages that a connection may send, over time.</summary>
    /// <value>1 to 1,000,000,000, default 400 a second.</value>
    [Range(1, 1_000_000_000)] public int MessagesPerSecond { get; set; } = 400;

    /// <summary>Messages that it may send at once, after a while of silence: candidates come in flocks.</summary>
    /// <value>1 to 1,000,000,000, default 4,000.</value>
    [Range(1, 1_000_000_000)] public int MessageBurst { get; set; } = 4_000;

    /// <summary>Bytes of messages that a connection may send, over time.</summary>
    /// <value>1 KiB to 1 TB, default 1 MiB a second.</value>
    [Range(1_024, 1_000_000_000_000)] public long BytesPerSecond { get; set; } = 1_048_576;

    /// <summary>Bytes that it may send at once. A single message is taken whatever its size, after a while of silence.</summary>
    /// <value>64 KiB to 1 TB, default 16 MiB.</value>
    [Range(65_536, 1_000_000_000_000)] public long ByteBurst { get; set; } = 16_777_216;

    /// <summary>Messages that all connections of an address may send together, over time; addresses as of <see cref="ConnectionsPerAddress"/>.</summary>
    /// <value>1 to 1,000,000,000, default 8,000 a second, 20 times a connection's: of a mobile network a thousand clients share an address, and each may go on with 8 a second.</value>
    [Range(1, 1_000_000_000)] public int MessagesPerSecondPerAddress { get; set; } = 8_000;

    /// <summary>Messages that they may send at once: a thousand calls that begin together take 40 each.</summary>
    /// <value>1 to 1,000,000,000, default 80,000.</value>
    [Range(1, 1_000_000_000)] public int MessageBurstPerAddress { get; set; } = 80_000;

    /// <summary>Bytes of messages that all connections of an address may send together, over time.</summary>
    /// <value>1 KiB to 1 TB, default 20 MiB a second.</value>
    [Range(1_024, 1_000_000_000_000)] public long BytesPerSecondPerAddress { get; set; } = 20_971_520;

    /// <summary>Bytes that they may send at once.</summary>
    /// <value>64 KiB to 1 TB, default 320 MiB.</value>
    [Range(65_536, 1_000_000_000_000)] public long ByteBurstPerAddress { get; set; } = 335_544_320;

    /// <summary>Peers that a connection may send to within a minute.</summary>
    /// <value>1 to 1,000,000, default 2,000.</value>
    [Range(1, 1_000_000)] public int RecipientsPerMinute { get; set; } = 2_000;

    /// <summary>Questions that a connection may ask, over time: <c>get-peers</c>, <c>peer-status</c>, <c>watch</c>, <c>unwatch</c>, <c>get-ice-servers</c>.</summary>
    /// <value>1 to 1,000,000,000, default 300 a minute.</value>
    [Range(1, 1_000_000_000)] public int QuestionsPerMinute { get; set; } = 300;

    /// <summary>Such questions that it may ask at once.</summary>
    /// <value>1 to 1,000,000,000, default 200.</value>
    [Range(1, 1_000_000_000)] public int QuestionBurst { get; set; } = 200;
}
