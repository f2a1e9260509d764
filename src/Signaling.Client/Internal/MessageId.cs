using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;

namespace Signaling.Client;

/// <summary>The id of a numbered message: <c>session-number</c>. A session is of one sender to one recipient; its numbers begin with 1 and have no gaps.</summary>
/// <param name="Session">Random, of lower-case letters and digits.</param>
/// <param name="Number">From 1.</param>
internal readonly record struct MessageId(string Session, int Number)
{
    private const int MaxSessionLength = 64;
    private static readonly SearchValues<char> SessionChars = SearchValues.Create("0123456789abcdefghijklmnopqrstuvwxyz");

    /// <summary>64 random bits: two sessions of one sender never meet.</summary>
    public static string NewSession() => RandomNumberGenerator.GetHexString(16, lowercase: true);

    public static bool TryParse(string text, out MessageId id)
    {
        var (dash, number) = (text.IndexOf('-', StringComparison.Ordinal), 0);
        var isOne = dash is > 0 and <= MaxSessionLength
            && !text.AsSpan(0, dash).ContainsAnyExcept(SessionChars)
            && int.TryParse(text.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out number)
            && number is > 0 and < int.MaxValue;
        id = isOne ? new MessageId(text[..dash], number) : default;
        return isOne;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Session}-{Number}");
}
