using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;

namespace Signaling.Actors.Protocol;

/// <summary>The messages that the node itself sends, as UTF-8 (PROTOCOL, Part 1). Times are Unix milliseconds.</summary>
internal static class FrameWriter
{
    /// <summary>Longest answer to a question about others: iOS refuses messages above 1 MiB.</summary>
    public const int MaxAnswerBytes = 1_048_576;

    /// <summary>What ends a list is shorter: two counts, a time, and an id of 256 characters, each of which may be escaped.</summary>
    private const int MaxPeersListEndBytes = 2_048;

    /// <summary>Some of what JSON needs no escapes for (RFC 8259 §7): printable ASCII.</summary>
    private static readonly SearchValues<char> Unescaped = SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(code => (char)code).Except(['"', '\\'])]);

    /// <param name="peer">Who is registered.</param>
    /// <param name="serverTime">Now.</param>
    /// <param name="isReconnect">The peer was online already.</param>
    /// <param name="capabilities">What else the node tells the connection.</param>
    /// <param name="expiresAt">When the registration ends, unless it is renewed; null: never.</param>
    public static byte[] Registered(PeerId peer, long serverTime, bool isReconnect, Capabilities capabilities, long? expiresAt = null) =>
        Frame("registered", (peer, serverTime, isReconnect, capabilities, expiresAt), static (json, state) =>
        {
            json.WriteString("peerId", state.peer.Value);
            json.WriteNumber("serverTime", state.serverTime);
            json.WriteBoolean("isReconnect", state.isReconnect);
            state.capabilities.WriteMembers(json);
            if (state.expiresAt is { } time) json.WriteNumber("expiresAt", time);
        });

    /// <param name="nonce">What a proof is to sign.</param>
    /// <param name="timeToLive">How long it may be used.</param>
    public static byte[] Challenge(string nonce, TimeSpan timeToLive) => Frame("challenge", (nonce, timeToLive), static (json, state) =>
    {
        json.WriteString("nonce", state.nonce);
        json.WriteNumber("expiresInMs", (long)state.timeToLive.TotalMilliseconds);
    });

    /// <param name="id">The message's <c>id</c> as it was spelled.</param>
    /// <param name="to">Its recipient.</param>
    /// <param name="status">What became of it: <c>delivered</c> or <c>stored</c>.</param>
    public static byte[] Receipt(ReadOnlyMemory<byte> id, PeerId to, string status) =>
        Frame("receipt", (id, to, status), static (json, state) =>
        {
            WriteRaw(json, "id", state.id);
            json.WriteString("to", state.to.Value);
            json.WriteString("status", state.status);
        });

    /// <summary>A message with its <c>seq</c>, for a recipient that acknowledges; a member of that name which its sender chose is out of force.</summary>
    /// <param name="json">A JSON object, ending with its brace.</param>
    /// <param name="seq">Its number in the recipient's mailbox.</param>
    public static byte[] WithSeq(ReadOnlyMemory<byte> json, long seq)
    {
        var body = new MemoryStream(json.Length + 32);
        body.Write(json.Span[..^1]);
        WriteNumber(body, ",\"seq\":"u8, seq);
        body.WriteByte((byte)'}');
        return body.ToArray();
    }

    /// <param name="error">What is wrong.</param>
    /// <param name="detail">Follows the sentence, with what this input had.</param>
    /// <param name="id">The offending message's <c>id</c> as it was spelled; empty where it had none worth repeating.</param>
    /// <param name="timestamp">Now.</param>
    /// <param name="retryAfter">How long until it would be accepted.</param>
    public static byte[] Error(ErrorCode error, string detail, ReadOnlyMemory<byte> id, long timestamp, TimeSpan? retryAfter = null) =>
        Frame("error", (error, detail, id, timestamp, retryAfter), static (json, state) =>
        {
            json.WriteString("error", state.error.Text + state.detail);
            json.WriteString("code", state.error.Code);
            WriteRaw(json, "id", state.id);
            if (state.retryAfter is { } wait) json.WriteNumber("retryAfterMs", (long)Math.Ceiling(wait.TotalMilliseconds));
            json.WriteNumber("timestamp", state.timestamp);
        });

    public static byte[] Pong(long timestamp) => Frame("pong", timestamp, static (json, now) =>
    {
        json.WriteNumber("timestamp", now);
        json.WriteNumber("ts", now);
    });

    /// <param name="to">Who is away.</param>
    /// <param name="messageId">The message's <c>id</c> as it was spelled; where it is empty, a new UUID stands for it.</param>
    /// <param name="type">What was stored.</param>
    /// <param name="timestamp">Now.</param>
    public static byte[] PeerOffline(PeerId to, ReadOnlyMemory<byte> messageId, MessageType type, long timestamp) =>
        Frame("peer-offline", (to, messageId, type, timestamp), static (json, state) =>
        {
            json.WriteString("peerId", state.to.Value);
            if (state.messageId.IsEmpty) json.WriteString("messageId", Guid.NewGuid());
            else WriteRaw(json, "messageId", state.messageId);
            json.WriteString("messageType", state.type.Name());
            json.WriteNumber("timestamp", state.timestamp);
        });

    /// <summary>Presence: the peer came (<paramref name="device"/> in full) or went (its type alone).</summary>
    public static byte[] PeerStatus(PeerId peer, bool online, Device device, long timestamp) =>
        Frame("peer-status", (peer, online, device, timestamp), static (json, state) =>
        {
            json.WriteString("peerId", state.peer.Value);
            json.WriteString("status", Status(state.online));
            json.WriteString("deviceType", state.device.Type);
            if (state.online) WriteRaw(json, "deviceInfo", state.device.Info);
            json.WriteNumber("timestamp", state.timestamp);
        });

    /// <param name="peer">Who was asked about.</param>
    /// <param name="device">Null where the peer is away.</param>
    /// <param name="timestamp">Now.</param>
    public static byte[] PeerStatusResponse(PeerId peer, Device? device, long timestamp) =>
        Frame("peer-status-response", (peer, device, timestamp), static (json, state) =>
        {
            json.WriteString("peerId", state.peer.Value);
            json.WriteString("status", Status(state.device is not null));
            if (state.device is { } device)
            {
                json.WriteString("deviceType", device.Type);
                WriteRaw(json, "deviceInfo", device.Info);
            }
            json.WriteNumber("timestamp", state.timestamp);
        });

    /// <summary>The answer to <c>get-ice-servers</c>.</summary>
    public static byte[] IceServers(IceServerList list) => Frame("ice-servers", list, static (json, state) =>
    {
        json.WriteStartArray("iceServers");
        foreach (var server in state.Servers)
        {
            json.WriteStartObject();
            json.WriteStartArray("urls");
            foreach (var url in server.Urls) json.WriteStringValue(url);
            json.WriteEndArray();
            if (server.Username is { } username) json.WriteString("username", username);
            if (server.Credential is { } credential) json.WriteString("credential", credential);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteNumber("ttlSeconds", state.TtlSeconds);
    });

    /// <summary>One peer of a list, which may have thousands; nearly all of them need no escaping, and so no JSON writer.</summary>
    public static byte[] PeerEntry(PeerId peer, Device device, long connectedAt)
    {
        if (NeedsEscaping(peer.Value) || NeedsEscaping(device.Type)) return EscapedPeerEntry(peer, device, connectedAt);
        Span<byte> start = stackalloc byte[512];                    // an id of 256 characters, a type of 64, and what is around them
        Span<byte> end = stackalloc byte[64];
        Utf8.TryWrite(start, $"{{\"peerId\":\"{peer.Value}\",\"deviceType\":\"{device.Type}\",\"deviceInfo\":", out var startLength);
        Utf8.TryWrite(end, CultureInfo.InvariantCulture, $",\"connectedAt\":{connectedAt}}}", out var endLength);
        return [.. start[..startLength], .. device.Info.Span, .. end[..endLength]];
    }

    private static bool NeedsEscaping(string text) => text.AsSpan().ContainsAnyExcept(Unescaped);

    private static byte[] EscapedPeerEntry(PeerId peer, Device device, long connectedAt) => JsonText.Write((peer, device, connectedAt), static (json, state) =>
    {
        json.WriteStartObject();
        json.WriteString("peerId", state.peer.Value);
        json.WriteString("deviceType", state.device.Type);
        WriteRaw(json, "deviceInfo", state.device.Info);
        json.WriteNumber("connectedAt", state.connectedAt);
        json.WriteEndObject();
    });

    /// <summary>Begins a <c>peers-list</c>; entries follow, and <see cref="EndPeersList"/>.</summary>
    public static ReadOnlySpan<byte> PeersListStart => "{\"type\":\"peers-list\",\"peers\":["u8;

    /// <param name="entries">Of <see cref="PeerEntry"/>; as many of them are listed as <see cref="HasRoomFor"/>.</param>
    /// <param name="total">How many there are; the list names it where it is cut.</param>
    /// <param name="timestamp">Now.</param>
    public static byte[] PeersList(IEnumerable<byte[]> entries, int total, long timestamp)
    {
        var body = new MemoryStream(4_096);
        var count = WriteEntries(body, entries);
        EndPeersList(body, count, count < total ? total : null, next: null, timestamp);
        return body.ToArray();
    }

    /// <param name="entries">Of <see cref="PeerEntry"/>; the list <see cref="HasRoomFor"/> them.</param>
    /// <param name="total">How many there are in all; null where nobody has counted them.</param>
    /// <param name="next">Behind which id the next page begins; null where there is none.</param>
    /// <param name="timestamp">Now.</param>
    public static byte[] PeersPage(IEnumerable<byte[]> entries, int? total, PeerId? next, long timestamp)
    {
        var body = new MemoryStream(4_096);
        EndPeersList(body, WriteEntries(body, entries), total, next, timestamp);
        return body.ToArray();
    }

    /// <summary>Whether an answer that is this long takes one more entry.</summary>
    public static bool HasRoomFor(byte[] entry, long length) => length + entry.Length + MaxPeersListEndBytes <= MaxAnswerBytes;

    /// <summary>Ends what <see cref="PeersListStart"/> began.</summary>
    public static void EndPeersList(MemoryStream body, int count, int? total, PeerId? next, long timestamp)
    {
        WriteNumber(body, "],\"count\":"u8, count);
        if (total is { } all) WriteNumber(body, ",\"total\":"u8, all);
        if (next is { } peer)
        {
            body.Write(",\"next\":"u8);
            body.Write(JsonText.Quote(peer.Value));
        }
        WriteNumber(body, ",\"timestamp\":"u8, timestamp);
        body.WriteByte((byte)'}');
    }

    private static int WriteEntries(MemoryStream body, IEnumerable<byte[]> entries)
    {
        var count = 0;
        body.Write(PeersListStart);
        foreach (var entry in entries)
        {
            if (!HasRoomFor(entry, body.Length)) break;
            if (count++ > 0) body.WriteByte((byte)',');
            body.Write(entry);
        }
        return count;
    }

    /// <param name="original">What would have been relayed.</param>
    /// <param name="storedAt">When the node accepted it.</param>
    /// <param name="deliveredAt">Now.</param>
    public static byte[] OfflineMessage(ReadOnlyMemory<byte> original, long storedAt, long deliveredAt)
    {
        var body = new MemoryStream(original.Length + 128);
        body.Write("{\"type\":\"offline-message\",\"originalMessage\":"u8);
        body.Write(original.Span);
        WriteNumber(body, ",\"storedAt\":"u8, storedAt);
        WriteNumber(body, ",\"deliveredAt\":"u8, deliveredAt);
        body.WriteByte((byte)'}');
        return body.ToArray();
    }

    /// <param name="reason">Why the node goes.</param>
    /// <param name="reconnectAfter">When the client is to come back.</param>
    public static byte[] GoAway(string reason, TimeSpan reconnectAfter) => Frame("goaway", (reason, reconnectAfter), static (json, state) =>
    {
        json.WriteString("reason", state.reason);
        json.WriteNumber("reconnectAfterMs", (long)state.reconnectAfter.TotalMilliseconds);
    });

    public static byte[] ServerShutdown(long timestamp) => Frame("server-shutdown", timestamp, static (json, now) =>
    {
        json.WriteString("message", "The signaling node is shutting down; please reconnect.");
        json.WriteNumber("timestamp", now);
    });

    private static string Status(bool online) => online ? "online" : "offline";

    private static byte[] Frame<TState>(string type, TState state, Action<Utf8JsonWriter, TState> members) =>
        JsonText.Write((type, state, members), static (json, frame) =>
        {
            json.WriteStartObject();
            json.WriteString("type", frame.type);
            frame.members(json, frame.state);
            json.WriteEndObject();
        });

    /// <summary>A value as a client spelled it; the envelope reader has validated it.</summary>
    private static void WriteRaw(Utf8JsonWriter json, string name, ReadOnlyMemory<byte> value)
    {
        if (value.IsEmpty) return;
        json.WritePropertyName(name);
        json.WriteRawValue(value.Span, skipInputValidation: true);
    }

    private static void WriteNumber(MemoryStream body, ReadOnlySpan<byte> label, long value)
    {
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(value, digits, out var length);
        body.Write(label);
        body.Write(digits[..length]);
    }
}
