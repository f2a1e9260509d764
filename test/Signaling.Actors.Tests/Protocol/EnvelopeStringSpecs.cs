using Signaling.Actors.Protocol;

namespace Signaling.Actors.Tests.Protocol;

/// <summary>Strings are scanned in blocks of 64 bytes, the last of which overlaps the one before it; what is short is scanned byte by byte.</summary>
public sealed class EnvelopeStringSpecs
{
    /// <summary>What follows the string: nothing but the brace, or enough for another block.</summary>
    private static readonly string[] Tails = ["", $$""","a":"{{new string('y', 70)}}" """];

    public static TheoryData<string> Allowed =>
    [
        "\\\"", "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r",
        "\\t", "\\u0041", "\\uD83D\\ude00", "\\r\\n\\r\\n", "\\\\\\\"", "é", "\u007F",
    ];

    public static TheoryData<string> Forbidden =>
    [
        "\"", "\\", "\0", "\n", "\t", "\u001F", "\\x", "\\N", "\\\n",
        "\\\0", "\\é", "\\u", "\\u004", "\\u004G", "\\u00\\u0041", "\\U0041", "\\u 041",
    ];

    [Theory]
    [MemberData(nameof(Allowed))]
    public void What_a_string_may_hold_is_taken_wherever_it_is(string piece)
    {
        foreach (var (text, tail) in Around(piece))
        {
            var json = $$"""{"to":"{{text}}"{{tail}}}""";

            var envelope = Wire.Read(json);

            Assert.Equal($"\"{text}\"", Wire.Text(envelope.Raw(envelope[EnvelopeKey.To])));
            Assert.Equal(Wire.Utf8(json).Length - 1, envelope.Close);
        }
    }

    [Theory]
    [MemberData(nameof(Forbidden))]
    public void What_a_string_may_not_hold_is_refused_wherever_it_is(string piece)
    {
        foreach (var (text, tail) in Around(piece))
        {
            var json = Wire.Utf8($$"""{"to":"{{text}}"{{tail}}}""");

            var error = Envelope.TryRead(json, out _);

            Assert.Equal(EnvelopeReading.ByReference(json).Error, error);
            Assert.Same(ErrorCode.InvalidJson, error);
        }
    }

    /// <summary>The piece at every offset of its block, between as much or as little as makes a block.</summary>
    private static IEnumerable<(string Text, string Tail)> Around(string piece) =>
        from before in Enumerable.Range(0, 140)
        from after in (int[])[0, 1, 5, 31, 32, 63, 64, 65]
        from tail in Tails
        select (new string('x', before) + piece + new string('z', after), tail);
}
