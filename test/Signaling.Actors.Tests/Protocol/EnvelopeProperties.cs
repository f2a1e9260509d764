using System.Text.Json;
using CsCheck;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Tests.Protocol;

/// <summary>Whatever the bytes are, the envelope says of them what it says when <see cref="Utf8JsonReader"/> reads it.</summary>
public sealed class EnvelopeProperties
{
    [Fact]
    public void Random_bytes_are_judged_alike() =>
        Gen.Byte.Array[0, 64].Sample(Agrees, iter: 20_000);

    [Fact]
    public void Random_text_of_JSON_punctuation_is_judged_alike() =>
        Gen.Char["{}[]\":,01ae-.+ \\u\"tfn"].Array[0, 24].Sample(text => Agrees(Wire.Utf8(new string(text))), iter: 50_000);

    [Fact]
    public void Every_spelling_of_a_message_is_read() =>
        JsonTexts.Message.Sample(json => Agrees(Wire.Utf8(json)) && Envelope.TryRead(Wire.Utf8(json), out _) is null, iter: 10_000);

    [Fact]
    public void Every_spelling_of_a_value_is_judged_alike() =>
        JsonTexts.Value.Sample(json => Agrees(Wire.Utf8(json)), iter: 5_000);

    [Fact]
    public void A_damaged_message_is_judged_alike() =>
        JsonTexts.Message.Select(Wire.Utf8).SelectMany(JsonDamage.Of).Sample(Agrees, iter: 30_000);

    [Fact]
    public void A_message_is_judged_alike_wherever_it_is_cut() =>
        JsonTexts.Message.Select(Wire.Utf8).Sample(json => Enumerable.Range(0, json.Length).All(length => Agrees(json[..length])), iter: 200);

    [Fact]
    public void A_string_is_judged_alike_whatever_its_escapes_are() =>
        JsonTexts.StringOfPieces.Sample(json => Agrees(Wire.Utf8($$"""{"payload":{{json}},"to":{{json}}}""")), iter: 20_000);

    [Fact]
    public void Every_short_text_of_a_numbers_characters_is_judged_alike()
    {
        string[] texts = [""];
        for (var length = 1; length <= 5; length++)
        {
            texts = [.. from text in texts from character in "-+0.9eE" select text + character];
            Assert.All(texts, text => Assert.True(Agrees(Wire.Utf8($$"""{"limit":{{text}}}"""))));
        }
    }

    [Fact]
    public void A_recorded_message_is_judged_alike_also_when_damaged() =>
        Gen.OneOf(Recordings()).SelectMany(json => Gen.Frequency((1, Gen.Const(json)), (9, JsonDamage.Of(json)))).Sample(Agrees, iter: 10_000);

    [Fact]
    public void Every_recorded_message_is_read() =>
        Assert.All(Recordings(), json => Assert.True(Agrees(json) && Envelope.TryRead(json, out _) is null));

    [Fact]
    public void Nesting_is_too_deep_exactly_above_the_limit() =>
        Gen.Select(Gen.Bool.Array[90, 110], Gen.OneOf("", "1", "x", "1 2", "[", "}"))
            .Sample((levels, inner) =>
            {
                var opened = string.Concat(levels.Select(isArray => isArray ? "[" : "{\"a\":"));
                var closed = string.Concat(levels.Reverse().Select(isArray => isArray ? "]" : "}"));
                return Agrees(Wire.Utf8(opened + inner + closed));
            }, iter: 5_000);

    private static bool Agrees(byte[] utf8) => EnvelopeReading.ByReference(utf8) == EnvelopeReading.Of(utf8);

    /// <summary>What real clients sent (test/recordings).</summary>
    private static byte[][] Recordings() =>
    [
        .. from file in System.IO.Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "recordings"), "*.jsonl").Order(StringComparer.Ordinal)
           from line in File.ReadLines(file)
           select Wire.Utf8(line),
    ];
}
