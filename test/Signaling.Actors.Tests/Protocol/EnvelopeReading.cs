using System.Text;
using System.Text.Json;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Tests.Protocol;

/// <summary>All that an envelope says of a message; where it refuses the message, only why.</summary>
internal sealed record EnvelopeReading(ErrorCode? Error, MessageType Type, int Close, string Members, string Superseded)
{
    private static readonly EnvelopeKey[] Keys = [.. Enum.GetValues<EnvelopeKey>().Except([EnvelopeKey.Other])];
    private static readonly Dictionary<string, EnvelopeKey> KeysByName = Keys.ToDictionary(key => JsonNamingPolicy.CamelCase.ConvertName($"{key}"));
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static EnvelopeReading Of(byte[] utf8)
    {
        if (Envelope.TryRead(utf8, out var envelope) is { } error) return Refused(error);
        var members = new Dictionary<EnvelopeKey, Member>();
        foreach (var key in Keys)
        {
            if (envelope[key].IsPresent) members[key] = envelope[key];
        }
        return Read(envelope.Type, envelope.Close, members, envelope.Superseded ?? []);
    }

    /// <summary>The same by <see cref="Utf8JsonReader"/>: the reference for what JSON is and where its members lie.</summary>
    public static EnvelopeReading ByReference(byte[] utf8)
    {
        try
        {
            StrictUtf8.GetCharCount(utf8);
        }
        catch (DecoderFallbackException)
        {
            return Refused(ErrorCode.InvalidUtf8);
        }

        try
        {
            return ReadByReference(utf8);
        }
        catch (JsonException refusal)
        {
            return Refused(refusal.Message.Contains("maximum configured depth", StringComparison.Ordinal) ? ErrorCode.TooDeep : ErrorCode.InvalidJson);
        }
    }

    private static EnvelopeReading ReadByReference(byte[] utf8)
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = 100 });
        var (members, superseded, type, last) = (new Dictionary<EnvelopeKey, Member>(), new List<Member>(), MessageType.Unknown, EnvelopeKey.Other);
        reader.Read();
        var isObject = reader.TokenType == JsonTokenType.StartObject;
        if (!isObject) reader.Skip();
        while (reader.Read()) // throws on anything that follows
        {
            var keyStart = (int)reader.TokenStartIndex;
            if (last != EnvelopeKey.Other) members[last] = members[last] with { Next = keyStart };
            if (reader.TokenType == JsonTokenType.EndObject) break;

            last = KeysByName.GetValueOrDefault(TextOf(reader) ?? "", EnvelopeKey.Other);
            reader.Read();
            var (start, token) = ((int)reader.TokenStartIndex, reader.TokenType);
            if (last == EnvelopeKey.Type) type = MessageTypes.Parse(Wire.Utf8(token == JsonTokenType.String ? TextOf(reader) ?? "" : ""));
            reader.Skip();
            if (last == EnvelopeKey.Other) continue;

            var mustGo = last is EnvelopeKey.Type or EnvelopeKey.To or EnvelopeKey.From or EnvelopeKey.Timestamp;
            if (mustGo && members.TryGetValue(last, out var earlier)) superseded.Add(earlier);
            members[last] = new Member(keyStart, start, (int)reader.BytesConsumed, 0, token);
        }
        var close = (int)reader.TokenStartIndex;
        reader.Read();
        return isObject ? Read(type, close, members, superseded) : Refused(ErrorCode.NotAnObject);
    }

    /// <summary>Null for a lone surrogate, which the reader answers with an exception.</summary>
    private static string? TextOf(in Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static EnvelopeReading Refused(ErrorCode error) => new(error, MessageType.Unknown, 0, "", "");

    private static EnvelopeReading Read(MessageType type, int close, Dictionary<EnvelopeKey, Member> members, List<Member> superseded) => new(
        Error: null, type, close,
        string.Join(' ', members.OrderBy(member => member.Key).Select(member => $"{member.Key}={member.Value}")),
        string.Join(' ', superseded));
}
