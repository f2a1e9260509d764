using System.Globalization;
using System.Security.Cryptography;

namespace Signaling.Client;

/// <summary>The id of a numbered message: <c>session-number</c>. A session is of one sender to one recipient; its numbers have no gaps.</summary>
/// <param name="Session">Random; the TypeScript client's have a dot.</param>
/// <param name="Number">This client's begin with 1.</param>
internal readonly record struct MessageId(string Session, int Number)
{
    /// <summary>64 random bits: two sessions of one sender never meet.</summary>
    public static string NewSession() => RandomNumberGenerator.GetHexString(16, lowercase: true);

    public static bool TryParse(string text, out MessageId id)
    {
        id = default;
        var dash = text.LastIndexOf('-');
        if (dash <= 0 || !int.TryParse(text.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == int.MaxValue) return false;
        id = new MessageId(text[..dash], number);
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Session}-{Number}");
}
