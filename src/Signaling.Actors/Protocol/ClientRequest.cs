using System.Text.Json;

namespace Signaling.Actors.Protocol;

/// <summary>What each kind of message must hold: from an envelope to values, or to the error its sender gets.</summary>
internal static class ClientRequest
{
    /// <summary>Longest <c>id</c> that answers repeat, in bytes of JSON: an answer must not grow with what it answers.</summary>
    private const int MaxIdBytes = 256;

    private const int MaxTypeChars = 64;

    /// <summary><c>register</c>.</summary>
    public static ErrorCode? TryReadRegister(in Envelope register, out PeerId peer, out Device device)
    {
        peer = default;
        device = Device.Unknown;
        if (!register.IsTruthy(register[EnvelopeKey.PeerId])) return ErrorCode.PeerIdRequired;
        if (!TryReadPeer(register, EnvelopeKey.PeerId, out peer)) return ErrorCode.InvalidPeerId;
        return Device.TryRead(register, out device);
    }

    /// <summary>A message that is relayed.</summary>
    public static ErrorCode? TryReadRelay(in Envelope message, out PeerId to)
    {
        to = default;
        if (!message.IsTruthy(message[EnvelopeKey.To])) return message.Type == MessageType.Message ? ErrorCode.MissingToOfMessage : ErrorCode.MissingTo;
        if (!TryReadPeer(message, EnvelopeKey.To, out to)) return ErrorCode.InvalidTo;
        var hasPayload = message[EnvelopeKey.Payload].Token is not (JsonTokenType.None or JsonTokenType.Null or JsonTokenType.False);
        return message.Type == MessageType.Message && !hasPayload ? ErrorCode.MissingPayload : null;
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
