using System.Globalization;
using System.Text;

namespace Signaling.Actors.Protocol;

/// <summary>Users' text, fit for a log line: no line breaks, no terminal or bidi tricks, no great length.</summary>
public static class LogText
{
    private const int MaxLength = 64;

    /// <summary>Letters, digits, punctuation and symbols stay; everything else is spelled <c>\u{…}</c>; what is too long ends in an ellipsis.</summary>
    public static string Escape(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var escaped = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (escaped.Length >= MaxLength) return escaped.Append('…').ToString();
            if (rune.Value == ' ' || (Rune.GetUnicodeCategory(rune) is var category && !IsInvisible(category))) escaped.Append(rune);
            else escaped.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:X}}}");
        }
        return escaped.ToString();
    }

    private static bool IsInvisible(UnicodeCategory category) => category
        is UnicodeCategory.Control
        or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.SpaceSeparator
        or UnicodeCategory.Surrogate
        or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned;
}
