using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Signaling.Actors.Protocol;

/// <summary>What each kind of message must hold: from an envelope to values, or to the error its sender gets.</summary>
internal static class ClientRequest
{
    /// <summary>Longest <c>id</c> that answers repeat, in bytes of JSON: an answer must not grow with what it answers.</summary>
    private const int MaxIdBytes = 256;

    private const int MaxTypeChars = 64;

    /// <summary>Longest token; handshakes have room for less.</summary>
    private const int MaxTokenChars = 8_192;

    /// <summary><c>register</c>.</summary>
    public static ErrorCode? TryReadRegister(in Envelope message, out RegisterRequest request)
    {
        request = default;
        if (!message.IsTruthy(message[EnvelopeKey.PeerId])) return ErrorCode.PeerIdRequired;
        if (!TryReadPeer(message, EnvelopeKey.PeerId, out var peer)) return ErrorCode.InvalidPeerId;
        if (Device.TryRead(message, out var device) is { } problem) return problem;
        if (!PresenceScopes.TryRead(message, out var presence)) return ErrorCode.InvalidPresence;
        request = new RegisterRequest(peer, device, Acks: message[EnvelopeKey.Acks].Token == JsonTokenType.True, presence);
        return null;
    }

    /// <summary>What a <c>register</c> brings where clients are authenticated; elsewhere nobody looks at it.</summary>
    public static ErrorCode? TryReadCredentials(in Envelope message, ref RegisterRequest request)
    {
        var (member, token) = (message[EnvelopeKey.Token], default(string));
        if (message.IsTruthy(member) && !message.TryGetString(member, MaxTokenChars, out token)) return ErrorCode.InvalidCredentials;
        if (token?.Length > MaxTokenChars || !KeyProof.TryRead(message, out var proof)) return ErrorCode.InvalidCredentials;
        request = request with { Token = token, Proof = proof };
        return null;
    }

    /// <summary>A message that is relayed.</summary>
    /// <param name="message">What the client sent.</param>
    /// <param name="likely">Whom its last one was for: nearly always the same, and then no text need be made of <c>to</c>.</param>
    /// <param name="to">Its recipient.</param>
    /// <param name="wantsReceipt">Its sender wants to know what becomes of it (PROTOCOL, Part 2); then it has an <see cref="Id"/>.</param>
    public static ErrorCode? TryReadRelay(in Envelope message, PeerId likely, out PeerId to, out bool wantsReceipt)
    {
        (to, wantsReceipt) = (default, message[EnvelopeKey.Receipt].Token == JsonTokenType.True);
        if (!message.IsTruthy(message[EnvelopeKey.To])) return message.Type == MessageType.Message ? ErrorCode.MissingToOfMessage : ErrorCode.MissingTo;
        if (Spells(message, EnvelopeKey.To, likely)) to = likely;
        else if (!TryReadPeer(message, EnvelopeKey.To, out to)) return ErrorCode.InvalidTo;
        var hasPayload = message[EnvelopeKey.Payload].Token is not (JsonTokenType.None or JsonTokenType.Null or JsonTokenType.False);
        if (message.Type == MessageType.Message && !hasPayload) return ErrorCode.MissingPayload;
        return wantsReceipt && (message[EnvelopeKey.Id].Token != JsonTokenType.String || Id(message).IsEmpty) ? ErrorCode.ReceiptNeedsId : null;
    }

    /// <summary><c>ack</c>.</summary>
    /// <param name="ack">What the client sent.</param>
    /// <param name="peer">Whose messages; null where it does not say.</param>
    /// <param name="seq">Up to and including this one.</param>
    public static ErrorCode? TryReadAck(in Envelope ack, out PeerId? peer, out long seq)
    {
        (peer, seq) = (null, 0);
        var member = ack[EnvelopeKey.Seq];
        if (!TryReadNumber(ack, member, out seq) || seq < 0) return ErrorCode.InvalidAck;
        if (!ack.IsTruthy(ack[EnvelopeKey.PeerId])) return null;
        if (!TryReadPeer(ack, EnvelopeKey.PeerId, out var named)) return ErrorCode.InvalidPeerId;
        peer = named;
        return null;
    }

    /// <summary>A question about one peer; false where it names none, and so asks for all.</summary>
    public static bool TryReadStatusQuestion(in Envelope question, out PeerId peer, out ErrorCode? problem)
    {
        (peer, problem) = (default, null);
        if (!question.IsTruthy(question[EnvelopeKey.PeerId])) return false;
        if (!TryReadPeer(question, EnvelopeKey.PeerId, out peer)) problem = ErrorCode.InvalidPeerId;
        return true;
    }

    /// <summary><c>get-peers</c> for a part of the list.</summary>
    /// <param name="question">What the client sent.</param>
    /// <param name="page">Which part; null where it asks for all.</param>
    public static ErrorCode? TryReadPage(in Envelope question, out PeersPage? page)
    {
        page = null;
        var (limit, after, type) = (question[EnvelopeKey.Limit], question[EnvelopeKey.After], question[EnvelopeKey.DeviceType]);
        if (!question.IsTruthy(limit) && !question.IsTruthy(after) && !question.IsTruthy(type)) return null;

        var (most, behind, deviceType) = ((long)PeersPage.MaxLimit, default(PeerId?), default(string));
        if (limit.IsPresent && (!TryReadNumber(question, limit, out most) || most < 1)) return ErrorCode.InvalidPage;
        if (question.IsTruthy(after))
        {
            if (!TryReadPeer(question, EnvelopeKey.After, out var peer)) return ErrorCode.InvalidPage;
            behind = peer;
        }
        if (question.IsTruthy(type) && !question.TryGetString(type, Device.MaxTypeLength, out deviceType)) return ErrorCode.InvalidPage;
        page = new PeersPage((int)Math.Min(most, PeersPage.MaxLimit), behind, deviceType);
        return null;
    }

    /// <summary><c>watch</c> and <c>unwatch</c>.</summary>
    public static ErrorCode? TryReadPeers(in Envelope message, out IReadOnlyList<PeerId> peers)
    {
        var ids = new List<PeerId>();
        peers = ids;
        var member = message[EnvelopeKey.Peers];
        if (member.Token != JsonTokenType.StartArray) return ErrorCode.InvalidPeers;
        var reader = new Utf8JsonReader(message.Raw(member));
        reader.Read();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.String || !JsonString.TryDecode(reader.ValueSpan, PeerId.MaxLength, out var text) || !PeerId.TryParse(text, out var peer))
                return ErrorCode.InvalidPeers;
            ids.Add(peer);
        }
        return null;
    }

    /// <summary>The message's <c>id</c> as it was spelled, where it is a string or a number that answers can repeat; else empty.</summary>
    public static ReadOnlyMemory<byte> Id(in Envelope message)
    {
        var id = message[EnvelopeKey.Id];
        var repeatable = id.Token is JsonTokenType.String or JsonTokenType.Number && message.IsTruthy(id) && id.End - id.Start <= MaxIdBytes;
        return repeatable ? message.Raw(id).ToArray() : ReadOnlyMemory<byte>.Empty;
    }

    /// <summary>The <c>type</c> for the sentence that refuses it, as JavaScript would print it, shortened and escaped.</summary>
    public static string DescribeType(in Envelope message)
    {
        var type = message[EnvelopeKey.Type];
        if (!type.IsPresent) return "undefined";
        if (message.TryGetString(type, MaxTypeChars, out var text)) return LogText.Escape(text);
        var raw = message.Raw(type);
        return LogText.Escape(Encoding.UTF8.GetString(raw[..Math.Min(raw.Length, 4 * MaxTypeChars)]));
    }

    private static bool TryReadNumber(in Envelope message, Member member, out long number)
    {
        number = 0;
        return member.Token == JsonTokenType.Number && Utf8Parser.TryParse(message.Raw(member), out number, out var length) && length == member.End - member.Start;
    }

    /// <summary>Whether the member is the plain spelling of an id, without escapes.</summary>
    private static bool Spells(in Envelope message, EnvelopeKey key, PeerId peer)
    {
        var member = message[key];
        if (member.Token != JsonTokenType.String || peer == default) return false;
        var text = message.Json[(member.Start + 1)..(member.End - 1)];
        return !text.Contains((byte)'\\') && Ascii.Equals(text, peer.Value);
    }

    private static bool TryReadPeer(in Envelope message, EnvelopeKey key, out PeerId peer)
    {
        peer = default;
        return message.TryGetString(message[key], PeerId.MaxLength, out var text) && PeerId.TryParse(text, out peer);
    }
}
