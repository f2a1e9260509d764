using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Signaling.Client;

/// <summary>The messages that a client sends to the node.</summary>
internal static class Frames
{
    /// <summary>What an <c>error</c> about the registration repeats.</summary>
    public const string RegisterId = "register";

    public static byte[] Ping { get; } = """{"type":"ping"}"""u8.ToArray();

    public static byte[] GetChallenge { get; } = """{"type":"get-challenge"}"""u8.ToArray();

    public static byte[] Register(SignalingClientOptions options, string? token, Proof? proof) => Write("register", json =>
    {
        json.WriteString("peerId", options.PeerId);
        json.WriteString("id", RegisterId);
        json.WriteBoolean("acks", true);
        if (options.DeviceType is { } type) json.WriteString("deviceType", type);
        if (options.DeviceInfo is { } info) WriteElement(json, "deviceInfo", info);
        if (options.Presence is { } scope) json.WriteString("presence", NameOf(scope));
        if (token is not null) json.WriteString("token", token);
        if (proof is null) return;
        json.WriteStartObject("proof");
        json.WriteString("algorithm", proof.Algorithm);
        json.WriteString("key", Base64Url.EncodeToString(proof.Key.Span));
        json.WriteString("audience", proof.Audience);
        json.WriteString("nonce", proof.Nonce);
        json.WriteString("signature", Base64Url.EncodeToString(proof.Signature));
        json.WriteEndObject();
    });

    /// <summary>What a proof signs.</summary>
    public static byte[] SignedText(string audience, string nonce, string peerId) => Encoding.UTF8.GetBytes($"signaling-node register\n{audience}\n{nonce}\n{peerId}");

    public static byte[] Ack(long seq) => Write("ack", json => json.WriteNumber("seq", seq));

    public static byte[] GetPeers(string id, int limit, string? after, string? deviceType) => Write("get-peers", json =>
    {
        json.WriteString("id", id);
        json.WriteNumber("limit", limit);
        if (after is not null) json.WriteString("after", after);
        if (deviceType is not null) json.WriteString("deviceType", deviceType);
    });

    public static byte[] GetStatus(string id, string peerId) => Write("peer-status", json =>
    {
        json.WriteString("id", id);
        json.WriteString("peerId", peerId);
    });

    public static byte[] GetIceServers(string id) => Write("get-ice-servers", json => json.WriteString("id", id));

    public static byte[] Watch(string id, IEnumerable<string> peers) => Write("watch", json => WritePeers(json, id, peers));

    public static byte[] Unwatch(string id, IEnumerable<string> peers) => Write("unwatch", json => WritePeers(json, id, peers));

    /// <summary>A message to another peer.</summary>
    public static byte[] Message(PeerMessageType type, string to, Action<Utf8JsonWriter> members) => Write(PeerMessageTypes.NameOf(type), json =>
    {
        json.WriteString("to", to);
        members(json);
    });

    /// <exception cref="ArgumentException">The element is none.</exception>
    public static void WriteElement(Utf8JsonWriter json, string name, JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Undefined) throw new ArgumentException($"{name} is undefined.", name);
        json.WritePropertyName(name);
        element.WriteTo(json);
    }

    private static string NameOf(PresenceScope scope) => scope switch
    {
        PresenceScope.All => "all",
        PresenceScope.Related => "related",
        PresenceScope.Watched => "watched",
        PresenceScope.None => "none",
        _ => throw new ArgumentOutOfRangeException(nameof(scope)),
    };

    private static void WritePeers(Utf8JsonWriter json, string id, IEnumerable<string> peers)
    {
        json.WriteString("id", id);
        json.WriteStartArray("peers");
        foreach (var peer in peers) json.WriteStringValue(peer);
        json.WriteEndArray();
    }

    private static byte[] Write(string type, Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("type", type);
            members(json);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }
}

/// <summary>A proof that this peer holds its key.</summary>
internal sealed record Proof(string Algorithm, ReadOnlyMemory<byte> Key, string Audience, string Nonce, byte[] Signature);
