using System.Text.Json;

namespace Signaling.Client;

/// <summary>What peers send each other through the node.</summary>
public enum PeerMessageType
{
    /// <summary>Application data in <c>payload</c>.</summary>
    Message,

    /// <summary>A session description offer.</summary>
    Offer,

    /// <summary>A session description answer.</summary>
    Answer,

    /// <summary>One ICE candidate.</summary>
    IceCandidate,

    /// <summary>Several ICE candidates.</summary>
    IceCandidates,

    /// <summary>Asks to be paired.</summary>
    PairingRequest,

    /// <summary>Agrees to be paired.</summary>
    PairingConfirmation,

    /// <summary>Declines to be paired.</summary>
    PairingReject,

    /// <summary>Something went wrong at the other peer.</summary>
    Error,
}

/// <summary>A message from another peer.</summary>
public sealed class PeerMessage
{
    private readonly JsonElement _content;

    internal PeerMessage(PeerMessageType type, string from, JsonElement content, DateTimeOffset? storedAt) =>
        (Type, From, _content, StoredAt) = (type, from, content, storedAt);

    /// <summary>Its type.</summary>
    public PeerMessageType Type { get; }

    /// <summary>The sender's peer id, as the node vouches for it.</summary>
    public string From { get; }

    /// <summary>When the node put it aside, as it could not be delivered then; null where it came at once.</summary>
    public DateTimeOffset? StoredAt { get; }

    /// <summary>The whole message as it came.</summary>
    public JsonElement Content => _content;

    /// <summary>Of a <see cref="PeerMessageType.Message"/>: what the sender gave; <see cref="JsonValueKind.Undefined"/> where there is none.</summary>
    public JsonElement Payload => _content.TryGetProperty("payload", out var payload) ? payload : default;

    /// <summary>Of an offer or an answer: the session description.</summary>
    public string? Sdp => _content.Text("sdp");

    /// <summary>Of ICE candidates: all that it brings.</summary>
    /// <exception cref="JsonException">They are none.</exception>
    public IReadOnlyList<IceCandidate> Candidates
    {
        get
        {
            if (_content.TryGetProperty("candidates", out var several)) return several.Deserialize(ClientJson.Default.IceCandidateArray) ?? [];
            return _content.TryGetProperty("candidate", out var one) && one.Deserialize(ClientJson.Default.IceCandidate) is { } candidate ? [candidate] : [];
        }
    }

    /// <summary>The application has it: it may be acknowledged, and is not passed on again.</summary>
    internal bool IsProcessed { get; set; }

    /// <summary>Which stream it is part of, and its number there; null where its sender does not number.</summary>
    internal (IncomingStream Stream, int Number)? Place { get; set; }
}

/// <summary>An ICE candidate, with the members of a browser's <c>RTCIceCandidateInit</c>.</summary>
/// <param name="Candidate">The candidate attribute (RFC 8839 §5.1); empty at the end of the candidates.</param>
/// <param name="SdpMid">The media section's identification tag.</param>
/// <param name="SdpMLineIndex">The media section's index.</param>
/// <param name="UsernameFragment">Which ICE session it belongs to.</param>
public sealed record IceCandidate(string Candidate, string? SdpMid = null, int? SdpMLineIndex = null, string? UsernameFragment = null);
