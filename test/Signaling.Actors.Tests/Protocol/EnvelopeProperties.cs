using System.Text;
using System.Text.Json;
using CsCheck;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Tests.Protocol;

/// <summary>The envelope reader against <see cref="JsonDocument"/>.</summary>
public sealed class EnvelopeProperties
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    [Fact]
    public void Random_bytes_get_the_error_that_fits_them() =>
        Gen.Byte.Array[0, 64].Sample(Agrees, iter: 20_000);

    [Fact]
    public void Random_text_of_JSON_punctuation_gets_the_error_that_fits_it() =>
        Gen.Char["{}[]\":,01ae-.+ \\u\"tfn"].Array[0, 24].Sample(text => Agrees(Wire.Utf8(new string(text))), iter: 50_000);

    [Fact]
    public void Every_spelling_of_a_message_is_read() =>
        JsonTexts.Message.Sample(json => Agrees(Wire.Utf8(json)) && Envelope.TryRead(Wire.Utf8(json), out _) is null, iter: 10_000);

    [Fact]
    public void Every_spelling_of_a_value_is_judged_by_what_it_is() =>
        JsonTexts.Value.Sample(json => Agrees(Wire.Utf8(json)), iter: 5_000);

    [Fact]
    public void A_damaged_message_gets_the_error_that_fits_it() =>
        Gen.Select(JsonTexts.Message, Gen.Select(Gen.Int[0, 3], Gen.Int[0, 10_000], Gen.Byte).Array[1, 3])
            .Sample((json, damages) => Agrees(damages.Aggregate(Wire.Utf8(json), Damage)), iter: 30_000);

    [Fact]
    public void Nesting_is_too_deep_exactly_above_the_limit() =>
        Gen.Select(Gen.Bool.Array[90, 110], Gen.OneOf("", "1", "x", "1 2", "[", "}"))
            .Sample((levels, inner) =>
            {
                var opened = string.Concat(levels.Select(isArray => isArray ? "[" : "{\"a\":"));
                var closed = string.Concat(levels.Reverse().Select(isArray => isArray ? "]" : "}"));
                return Agrees(Wire.Utf8(opened + inner + closed));
            }, iter: 5_000);

    private static bool Agrees(byte[] utf8) => Equals(Reference(utf8), Envelope.TryRead(utf8, out _));

    private static ErrorCode? Reference(byte[] utf8)
    {
        try
        {
            StrictUtf8.GetCharCount(utf8);
        }
        catch (DecoderFallbackException)
        {
            return ErrorCode.InvalidUtf8;
        }

        try
        {
            using var document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = 100 });
            return document.RootElement.ValueKind == JsonValueKind.Object ? null : ErrorCode.NotAnObject;
        }
        catch (JsonException refusal)
        {
            return refusal.Message.Contains("maximum configured depth", StringComparison.Ordinal) ? ErrorCode.TooDeep : ErrorCode.InvalidJson;
        }
    }

    private static byte[] Damage(byte[] utf8, (int Kind, int At, byte Value) damage)
    {
        var at = damage.At % utf8.Length;
        byte[] damaged = damage.Kind switch
        {
            0 => [.. utf8[..at], damage.Value, .. utf8[(at + 1)..]],
            1 => [.. utf8[..at], .. utf8[(at + 1)..]],
            2 => [.. utf8[..at], damage.Value, .. utf8[at..]],
            _ => utf8[..at],
        };
        return damaged.Length > 0 ? damaged : " "u8.ToArray();
    }
}
