using System.ComponentModel.DataAnnotations;

namespace Signaling.Actors.Connections;

/// <summary>What counts as delivered to a client that does not acknowledge.</summary>
public enum DeliveryConfirmation
{
    /// <summary>A pong to a later ping: a client whose network vanishes loses nothing, and may get a message twice.</summary>
    Pong,

    /// <summary>Written to the connection: fewer pings; what TCP has accepted and the client never read is lost.</summary>
    Write,
}

/// <summary>Limits and times of one connection.</summary>
public sealed class ConnectionOptions
{
    /// <summary>Web pages whose browsers may connect, such as <c>https://app.example.org</c> or <c>https://*.example.org</c> (RFC 6455 §10.2).</summary>
    /// <value>Default none, which means all. Others: 403 before the upgrade. Clients that are no browsers name no origin and may connect.</value>
    public IList<string> AllowedOrigins { get; set; } = [];

    /// <summary>Takes only clients that came by TLS: to the node, or, as the <c>X-Forwarded-Proto</c> of a trusted proxy says, to the proxy. A client on this machine is not excepted: the node
    /// could not tell it from a proxy here that forgot the header.</summary>
    /// <value>Default false. Others: 403 before the upgrade.</value>
    public bool RequireTls { get; set; }

    /// <summary>Proxies whose <c>X-Forwarded-For</c> tells where a client is, and whose <c>X-Forwarded-Proto</c> how it came: addresses and networks, such as <c>10.0.0.0/8</c>.</summary>
    /// <value>Default none. This machine's own are trusted always.</value>
    public IList<string> TrustedProxies { get; set; } = [];

    /// <summary>Largest message a client may send.</summary>
    /// <value>Bytes of UTF-8, 1 KiB to 16 MiB, default 1,000,000: wrapped as <c>offline-message</c> it stays below the 1 MiB that iOS takes.
    /// Above it: <c>message-too-large</c>, then close 1009 (RFC 6455 §7.4.1).</value>
    [Range(1_024, 16_777_216)] public int MaxMessageBytes { get; set; } = 1_000_000;

    /// <summary>Most ids that one connection may register.</summary>
    /// <value>1 to 64, default 8. Above it: <c>too-many-aliases</c>.</value>
    [Range(1, 64)] public int MaxPeerIds { get; set; } = 8;

    /// <summary>How far a client may be behind with reading who comes and goes. It is looked at with each ping.</summary>
    /// <value>1,000 to 10,000,000 changes, default 100,000. Above it: close 1013.</value>
    [Range(1_000, 10_000_000)] public int MaxPresenceBehind { get; set; } = 100_000;

    /// <summary>How often a client is pinged. Proxies cut idle connections from 30 s on.</summary>
    /// <value>1 s to 1 h, default 25 s.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")] public TimeSpan PingInterval { get; set; } = TimeSpan.FromSeconds(25);

    /// <summary>How long after a ping a client that gives no sign of life is given up.</summary>
    /// <value>1 s to 1 h, default 20 s.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")] public TimeSpan PongTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a connection may stay without a registration.</summary>
    /// <value>1 s to 1 h, default 60 s. Then: close 4008.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")] public TimeSpan RegistrationTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>What counts as delivered to a client that does not acknowledge.</summary>
    /// <value>Default <see cref="DeliveryConfirmation.Pong"/>.</value>
    public DeliveryConfirmation Confirm { get; set; } = DeliveryConfirmation.Pong;

    /// <summary>How long a client may take to answer a close frame, or to read what goes before it.</summary>
    /// <value>100 ms to 1 min, default 5 s. Then the connection is cut.</value>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")] public TimeSpan CloseTimeout { get; set; } = TimeSpan.FromSeconds(5);
}
