using System.Net.WebSockets;
using System.Text.Json;

namespace Signaling.Client;

/// <summary>Whom a <see cref="SignalingClient"/> connects to, as whom, and how patient it is.</summary>
public sealed class SignalingClientOptions
{
    /// <summary>The node: <c>ws://</c> or <c>wss://</c>.</summary>
    public required Uri Server { get; init; }

    /// <summary>The id to register: 1 to 256 characters.</summary>
    public required string PeerId { get; init; }

    /// <summary>Shown to other peers; at most 64 characters.</summary>
    public string? DeviceType { get; init; }

    /// <summary>Shown to other peers; at most 4,096 bytes of JSON.</summary>
    public JsonElement? DeviceInfo { get; init; }

    /// <summary>Of whom <see cref="SignalingClient.PresenceChanged"/> tells; null leaves it to the node.</summary>
    public PresenceScope? Presence { get; init; }

    /// <summary>Asked for a token at each registration, and again shortly before the registration expires. Where it throws, the client tries again like after a lost connection.</summary>
    public Func<CancellationToken, ValueTask<string?>>? Token { get; init; }

    /// <summary>Proves at each registration that this peer holds its key, for nodes that bind peer ids to keys.</summary>
    public PeerKey? Key { get; init; }

    /// <summary>The name that the node knows itself by, which <see cref="Key"/> signs.</summary>
    /// <value>Null takes the host of <see cref="Server"/>.</value>
    public string? Audience { get; init; }

    /// <summary>Bound of the first pause before connecting again; each further one has twice as much, and every pause is a random part of its bound.</summary>
    /// <value>Default 500 ms.</value>
    public TimeSpan BackOffBase { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Bound of every pause before connecting again.</summary>
    /// <value>Default 30 s.</value>
    public TimeSpan BackOffLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long connecting and registering may take, each.</summary>
    /// <value>Default 15 s. Beyond it the client tries again.</value>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>After so long a silence of the node the client asks for a sign of life.</summary>
    /// <value>Default 20 s.</value>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long the node may take to give it.</summary>
    /// <value>Default 10 s. Beyond it the connection counts as lost.</value>
    public TimeSpan HeartbeatTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Most messages that wait for their turn or their receipt.</summary>
    /// <value>Default 1,000. Beyond it sending fails with <see cref="OutboxFullException"/>.</value>
    public int OutboxCapacity { get; init; } = 1_000;

    /// <summary>How far the messages to one recipient run ahead of the oldest one without a receipt.</summary>
    /// <value>1 to 256, default 64. The node recognises the last 256 of a recipient when they come again.</value>
    public int Window { get; init; } = 64;

    /// <summary>How often a message is sent again that the node refuses for a while, such as to a recipient whose mailbox is full. Refused for going too fast is not counted.</summary>
    /// <value>Default 5; then sending it fails.</value>
    public int RefusalRetries { get; init; } = 5;

    /// <summary>How long a message waits for one that its sender sent before it and that has not come, as it was refused and is sent again.</summary>
    /// <value>Default 10 s. Then it is passed on, and the other one late, if it comes.</value>
    public TimeSpan GapTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Sets up each WebSocket before it connects: certificates, proxy, headers.</summary>
    public Action<ClientWebSocketOptions>? ConfigureWebSocket { get; init; }

    /// <summary>The clock of every pause and timeout.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Opens a WebSocket; tests bring their own.</summary>
    internal Func<Uri, CancellationToken, Task<WebSocket>>? Connect { get; init; }

    /// <summary>From 0 to 1: which part of its bound a pause takes.</summary>
    internal Func<double> Jitter { get; init; } = Random.Shared.NextDouble;
}
