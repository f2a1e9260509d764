using System.Text;
using CsCheck;

namespace Signaling.Actors.Tests.Protocol;

/// <summary>Generators of JSON text in every spelling that RFC 8259 allows.</summary>
internal static class JsonTexts
{
    /// <summary>Any text that UTF-8 can hold.</summary>
    public static readonly Gen<string> Text =
        Gen.Frequency(
            (6, Gen.Int[0, 0x7F]),
            (2, Gen.Int[0x80, 0xD7FF]),
            (1, Gen.Int[0xE000, 0x10FFFF]))
        .Array[0, 12].Select(runes => string.Concat(runes.Select(rune => new Rune(rune).ToString())));

    public static readonly Gen<string> Space = Gen.Frequency(
        (6, Gen.Const("")),
        (2, Gen.OneOf(" ", "\n", "\t", "\r")),
        (1, Gen.OneOf(" ", "\n", "\t", "\r").Array[2, 4].Select(string.Concat)));

    private static readonly Gen<string> Number = Gen.OneOf(
        Gen.OneOf("0", "-0", "0e5", "1e-400", "1e400", "9007199254740993", "18446744073709551615", "0.1000000000000000000001", "1E+2", "-12.50e-7"),
        Gen.Long.Select(number => $"{number}"));

    /// <summary>A string with its quotes; now and then with a lone surrogate.</summary>
    private static readonly Gen<string> String = Gen.Frequency(
        (8, Text.SelectMany(Spelled).Select(Quoted)),
        (1, Gen.OneOf("\"\\ud800\"", "\"\\uDFFFx\"", "\"\\ud800\\u0041\"")));

    private static readonly Gen<string> Scalar = Gen.Frequency(
        (1, Gen.OneOf("null", "true", "false", "\"\"", "[]", "{}")),
        (1, Number),
        (2, String));

    public static readonly Gen<string> Value = Gen.Recursive<string>((depth, self) => depth > 3
        ? Scalar
        : Gen.Frequency(
            (4, Scalar),
            (1, Gen.Select(self.Array[0, 3], Space, (items, space) => $"[{space}{string.Join(space + "," + space, items)}]")),
            (1, Gen.Select(Gen.Select(String, self).Array[0, 3], Space,
                (members, space) => $"{{{string.Join("," + space, members.Select(member => $"{member.Item1}{space}:{member.Item2}"))}{space}}}"))));

    /// <summary>An object whose members are, time and again, those that the node reads and writes.</summary>
    public static readonly Gen<string> Message = Gen.Select(
        Gen.Frequency(
            (2, Member("from", Value)),
            (2, Member("to", Gen.OneOf(Value, Gen.Const("\"bob\"")))),
            (2, Member("type", Gen.Frequency((1, Value), (4, Gen.OneOf("message", "offer").SelectMany(Spelled).Select(Quoted))))),
            (2, Member("timestamp", Gen.OneOf(Value, Gen.OneOf("null", "0", "0e5", "\"\"", "1700000000001")))),
            (1, Gen.OneOf("id", "payload", "peerId", "__proto__", "", "From", "fro", "fromm").SelectMany(key => Member(key, Value))),
            (1, Text.SelectMany(key => Member(key, Value))),
            (1, Gen.Select(Gen.OneOf("\"\\ud800from\"", "\"from\\udc00\""), Value, (key, value) => $"{key}:{value}")))
            .Array[0, 8],
        Space, Space, Space,
        (members, first, between, last) => $"{first}{{{between}{string.Join(between + "," + last, members)}{last}}}{first}");

    /// <summary>A string of stretches and escapes, of any length about the scanner's blocks; every other one holds what no string may.</summary>
    public static readonly Gen<string> StringOfPieces = Gen.Frequency(
        (30, Gen.Int[0, 70].Select(length => new string('x', length))),
        (60, Gen.OneOf("\\r\\n", "\\\"", "\\\\", "\\/", "\\b", "\\f", "\\t", "\\u0041", "\\uD83D\\uDE00", "\\ud800", "é", "😀", "\u007F", "/")),
        (1, Gen.OneOf("\\", "\"", "\\x", "\\u", "\\u00G0", "\\u12", "\\U0041", "\0", "\t", "\n", "\u001F", "\\\n")))
        .Array[0, 60].Select(pieces => Quoted(string.Concat(pieces)));

    /// <summary>The inside of a JSON string that means <paramref name="text"/>, each character in one of its spellings.</summary>
    public static Gen<string> Spelled(string text)
    {
        var runes = text.EnumerateRunes().ToArray();
        return Gen.Int[0, 5].Array[runes.Length].Select(spellings => string.Concat(runes.Select((rune, i) => Spell(rune, spellings[i]))));
    }

    private static Gen<string> Member(string key, Gen<string> value) =>
        Gen.Select(Spelled(key), Space, Space, value, Space, (name, before, behind, text, end) => $"\"{name}\"{before}:{behind}{text}{end}");

    private static string Quoted(string inside) => $"\"{inside}\"";

    private static string Spell(Rune rune, int spelling)
    {
        const string Short = "\"\\/\b\f\n\r\t";
        if (spelling == 0) return string.Concat(rune.ToString().Select(unit => $"\\u{(int)unit:x4}"));
        if (spelling == 1) return string.Concat(rune.ToString().Select(unit => $"\\u{(int)unit:X4}"));
        var mayBePlain = rune.Value >= 0x20 && rune.Value != '"' && rune.Value != '\\';
        if (mayBePlain && (spelling > 2 || rune.Value != '/')) return rune.ToString();
        var index = rune.IsBmp ? Short.IndexOf((char)rune.Value, StringComparison.Ordinal) : -1;
        return index >= 0 ? $"\\{"\"\\/bfnrt"[index]}" : $"\\u{rune.Value:x4}";
    }
}
