using System.Buffers;
using System.Globalization;
using System.Text;

namespace Signaling.Actors.Protocol;

/// <summary>Decodes the inside of a JSON string (RFC 8259 §7) without throwing: a lone surrogate such as <c>\ud800</c> is legal
/// JSON that no UTF-8 text can hold, and <see cref="System.Text.Json.Utf8JsonReader"/> answers it with an exception.</summary>
internal static class JsonString
{
    /// <summary>An escape is at most six bytes for one UTF-16 code unit, and a code unit at most three bytes of UTF-8.</summary>
    public const int MaxRawBytesPerChar = 6;

    /// <summary>Decodes <paramref name="raw"/>, the bytes between the quotes, which a JSON reader has accepted.</summary>
    /// <returns>False where it holds a lone surrogate or is longer than <paramref name="maxChars"/> could be.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> raw, int maxChars, out string text)
    {
        text = "";
        if (raw.Length > maxChars * MaxRawBytesPerChar) return false;
        if (!raw.Contains((byte)'\\'))
        {
            text = Encoding.UTF8.GetString(raw);
            return true;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(raw.Length);
        try
        {
            if (!TryUnescape(raw, buffer, out var written)) return false;
            text = Encoding.UTF8.GetString(buffer, 0, written);
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Writes <paramref name="raw"/> as UTF-8; <paramref name="utf8"/> needs no more room than <paramref name="raw"/> has.</summary>
    public static bool TryUnescape(ReadOnlySpan<byte> raw, Span<byte> utf8, out int written)
    {
        written = 0;
        while (raw.Length > 0)
        {
            if (raw[0] != '\\')
            {
                var plain = raw.IndexOf((byte)'\\') is var next and >= 0 ? next : raw.Length;
                raw[..plain].CopyTo(utf8[written..]);
                written += plain;
                raw = raw[plain..];
                continue;
            }

            if (!TryReadEscape(ref raw, out var rune)) return false;
            written += rune.EncodeToUtf8(utf8[written..]);
        }
        return true;
    }

    private static bool TryReadEscape(ref ReadOnlySpan<byte> raw, out Rune rune)
    {
        if (raw[1] != 'u')
        {
            rune = new Rune(raw[1] switch
            {
                (byte)'b' => '\b',
                (byte)'f' => '\f',
                (byte)'n' => '\n',
                (byte)'r' => '\r',
                (byte)'t' => '\t',
                var self => (char)self, // " \ /
            });
            raw = raw[2..];
            return true;
        }

        var first = ReadHex(raw);
        raw = raw[6..];
        if (Rune.TryCreate(first, out rune)) return true;
        if (raw.Length < 6 || raw[0] != '\\' || raw[1] != 'u' || !Rune.TryCreate(first, ReadHex(raw), out rune)) return false;
        raw = raw[6..];
        return true;
    }

    private static char ReadHex(ReadOnlySpan<byte> escape) =>
        (char)ushort.Parse(escape.Slice(2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
