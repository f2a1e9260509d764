using System.Buffers.Text;
using System.Text.Json;

namespace Signaling.Actors.Protocol;

/// <summary>What each kind of message must hold: from an envelope to values, or to the error its sender gets.</summary>
internal static class ClientRequest
{
    /// <summary>Longest <c>id</c> that answers repeat, in bytes of JSON: an answer must not grow with what it answers.</summary>
    private const int MaxIdBytes = 256;

    private const int MaxTypeChars = 64;

    /// <summary><c>register</c>.</summary>
    public static ErrorCode? TryReadRegister(in Envelope register, out PeerId peer, out Device device, out bool acks)
    {
        acks = register[EnvelopeKey.Acks].Token == JsonTokenType.True;
        peer = default;
        device = Device.Unknown;
        if (!register.IsTruthy(register[EnvelopeKey.PeerId])) return ErrorCode.PeerIdRequired;
        if (!TryReadPeer(register, EnvelopeKey.PeerId, out peer)) return ErrorCode.InvalidPeerId;
        return Device.TryRead(register, out device);
    }

    /// <summary>A message that is relayed.</summary>
    /// <param name="message">What the client sent.</param>
    /// <param name="to">Its recipient.</param>
    /// <param name="wantsReceipt">Its sender wants to know what becomes of it (PROTOCOL, Part 2); then it has an <see cref="Id"/>.</param>
    public static ErrorCode? TryReadRelay(in Envelope message, out PeerId to, out bool wantsReceipt)
    {
        (to, wantsReceipt) = (default, message[EnvelopeKey.Receipt].Token == JsonTokenType.True);
        if (!message.IsTruthy(message[EnvelopeKey.To])) return message.Type == MessageType.Message ? ErrorCode.MissingToOfMessage : ErrorCode.MissingTo;
        if (!TryReadPeer(message, EnvelopeKey.To, out to)) return ErrorCode.InvalidTo;
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
        if (member.Token != JsonTokenType.Number || !Utf8Parser.TryParse(ack.Raw(member), out seq, out var length) || length != member.End - member.Start || seq < 0)
            return ErrorCode.InvalidAck;
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
        return LogText.Escape(System.Text.Encoding.UTF8.GetString(raw[..Math.Min(raw.Length, 4 * MaxTypeChars)]));
    }

    private static bool TryReadPeer(in Envelope message, EnvelopeKey key, out PeerId peer)
    {
        peer = default;
        return message.TryGetString(message[key], PeerId.MaxLength, out var text) && PeerId.TryParse(text, out peer);
    }
}
