using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Unicode;

namespace Signaling.Actors.Protocol;

/// <summary>The members of a client's message that the node acts upon.</summary>
internal enum EnvelopeKey
{
    Type, To, From, Id, Payload, Timestamp, PeerId, DeviceType, DeviceInfo, Receipt, Acks, Seq, Presence, Peers, Limit, After, Token, Proof,

    /// <summary>Any other member: kept, not looked at.</summary>
    Other,
}

/// <summary>Where one member lies in the message, in bytes.</summary>
/// <param name="KeyStart">Its opening quote.</param>
/// <param name="Start">Its value.</param>
/// <param name="End">Behind its value.</param>
/// <param name="Next">The next member's opening quote, or the closing brace.</param>
/// <param name="Token">What kind of value; none where the member is absent.</param>
internal readonly record struct Member(int KeyStart, int Start, int End, int Next, JsonTokenType Token)
{
    public bool IsPresent => Token != JsonTokenType.None;
}

/// <summary>A client's message, read once: where its envelope lies in the received bytes. No DOM, no copy.</summary>
/// <remarks>Read as JSON.parse reads it: escaped keys are the keys they spell, and of repeated keys the last one counts.</remarks>
internal ref struct Envelope
{
    /// <summary>Deepest nesting that is relayed. Parsers of the clients have limits of their own.</summary>
    public const int MaxDepth = 100;

    private const int LongestKey = 10;
    private Members _members;

    private Envelope(ReadOnlySpan<byte> utf8) => Json = utf8;

    /// <summary>The whole message.</summary>
    public ReadOnlySpan<byte> Json { get; }

    /// <summary>Where the object's closing brace is.</summary>
    public int Close { get; private set; }

    /// <summary>What <c>type</c> says.</summary>
    public MessageType Type { get; private set; }

    /// <summary>Earlier members of a key that comes again and matters for routing; null where there are none, which is nearly always.</summary>
    public List<Member>? Superseded { get; private set; }

    /// <summary>The member that counts, or one that is not present.</summary>
    public readonly Member this[EnvelopeKey key] => _members[(int)key];

    /// <summary>Reads any bytes; whatever they are, it does not throw.</summary>
    /// <returns>Null where the message is one JSON object in valid UTF-8.</returns>
    public static ErrorCode? TryRead(ReadOnlySpan<byte> utf8, out Envelope envelope)
    {
        envelope = new Envelope(utf8);
        return Utf8.IsValid(utf8) ? envelope.Read() : ErrorCode.InvalidUtf8;
    }

    /// <summary>The value's bytes as they came; of a string, with its quotes.</summary>
    public readonly ReadOnlySpan<byte> Raw(Member member) => Json[member.Start..member.End];

    /// <summary>The value as text.</summary>
    /// <returns>False where it is no string, is far longer than <paramref name="maxChars"/>, or holds a lone surrogate.</returns>
    public readonly bool TryGetString(Member member, int maxChars, out string text)
    {
        text = "";
        return member.Token == JsonTokenType.String && JsonString.TryDecode(Json[(member.Start + 1)..(member.End - 1)], maxChars, out text);
    }

    /// <summary>Whether JavaScript takes the value for true: present, and not null, false, 0 or an empty string.</summary>
    public readonly bool IsTruthy(Member member) => member.Token switch
    {
        JsonTokenType.None or JsonTokenType.Null or JsonTokenType.False => false,
        JsonTokenType.String => member.End - member.Start > 2,
        JsonTokenType.Number => double.Parse(Raw(member), NumberStyles.Float, CultureInfo.InvariantCulture) != 0,
        _ => true,
    };

    private ErrorCode? Read()
    {
        var scanner = new JsonScanner(Json, MaxDepth);
        var isObject = scanner.Read() && scanner.Token == JsonTokenType.StartObject;
        if (isObject) ReadMembers(ref scanner);
        else scanner.Skip();
        if (!scanner.IsWhole) return scanner.IsTooDeep ? ErrorCode.TooDeep : ErrorCode.InvalidJson;
        if (!isObject) return ErrorCode.NotAnObject;
        Type = ReadType();
        return null;
    }

    private void ReadMembers(ref JsonScanner scanner)
    {
        var last = EnvelopeKey.Other;
        while (scanner.Read())
        {
            var keyStart = scanner.Start;
            if (last != EnvelopeKey.Other) _members[(int)last] = _members[(int)last] with { Next = keyStart };
            if (scanner.Token == JsonTokenType.EndObject)
            {
                Close = keyStart;
                return;
            }

            last = KeyOf(Json[(keyStart + 1)..(scanner.End - 1)]);
            scanner.Read();
            var (start, token) = (scanner.Start, scanner.Token);
            scanner.Skip();
            if (last == EnvelopeKey.Other) continue;

            ref var member = ref _members[(int)last];
            if (member.IsPresent && last is EnvelopeKey.Type or EnvelopeKey.To or EnvelopeKey.From or EnvelopeKey.Timestamp)
                (Superseded ??= []).Add(member);
            member = new Member(keyStart, start, scanner.End, 0, token);
        }
    }

    private readonly MessageType ReadType()
    {
        var member = this[EnvelopeKey.Type];
        if (member.Token != JsonTokenType.String) return MessageType.Unknown;
        var raw = Json[(member.Start + 1)..(member.End - 1)];
        if (!raw.Contains((byte)'\\')) return MessageTypes.Parse(raw);
        return TryGetString(member, 32, out var text) ? MessageTypes.Parse(System.Text.Encoding.UTF8.GetBytes(text)) : MessageType.Unknown;
    }

    private static EnvelopeKey KeyOf(ReadOnlySpan<byte> raw)
    {
        if (!raw.Contains((byte)'\\')) return KeyNamed(raw);
        if (raw.Length > LongestKey * JsonString.MaxRawBytesPerChar) return EnvelopeKey.Other;
        Span<byte> key = stackalloc byte[LongestKey * JsonString.MaxRawBytesPerChar];
        return JsonString.TryUnescape(raw, key, out var length) ? KeyNamed(key[..length]) : EnvelopeKey.Other;
    }

    private static EnvelopeKey KeyNamed(ReadOnlySpan<byte> key) => key.Length switch
    {
        2 => key.SequenceEqual("to"u8) ? EnvelopeKey.To : key.SequenceEqual("id"u8) ? EnvelopeKey.Id : EnvelopeKey.Other,
        3 => key.SequenceEqual("seq"u8) ? EnvelopeKey.Seq : EnvelopeKey.Other,
        4 => key.SequenceEqual("type"u8) ? EnvelopeKey.Type
            : key.SequenceEqual("from"u8) ? EnvelopeKey.From
            : key.SequenceEqual("acks"u8) ? EnvelopeKey.Acks : EnvelopeKey.Other,
        5 => key.SequenceEqual("peers"u8) ? EnvelopeKey.Peers
            : key.SequenceEqual("limit"u8) ? EnvelopeKey.Limit
            : key.SequenceEqual("after"u8) ? EnvelopeKey.After
            : key.SequenceEqual("token"u8) ? EnvelopeKey.Token
            : key.SequenceEqual("proof"u8) ? EnvelopeKey.Proof : EnvelopeKey.Other,
        6 => key.SequenceEqual("peerId"u8) ? EnvelopeKey.PeerId : EnvelopeKey.Other,
        7 => key.SequenceEqual("payload"u8) ? EnvelopeKey.Payload : key.SequenceEqual("receipt"u8) ? EnvelopeKey.Receipt : EnvelopeKey.Other,
        8 => key.SequenceEqual("presence"u8) ? EnvelopeKey.Presence : EnvelopeKey.Other,
        9 => key.SequenceEqual("timestamp"u8) ? EnvelopeKey.Timestamp : EnvelopeKey.Other,
        10 => key.SequenceEqual("deviceType"u8) ? EnvelopeKey.DeviceType : key.SequenceEqual("deviceInfo"u8) ? EnvelopeKey.DeviceInfo : EnvelopeKey.Other,
        _ => EnvelopeKey.Other,
    };

    [InlineArray((int)EnvelopeKey.Other)]
    private struct Members
    {
        private Member _first;
    }
}
