namespace Signaling.Crash;

/// <summary>What a message says: known from its number, so that a recipient notices where it was altered.</summary>
internal static class Body
{
    private const string Pattern = "abcdefghijklmnopqrstuvwxyz0123456789";

    public static string Of(int number) => string.Create(number * 7 % 300, number, static (text, n) =>
    {
        for (var i = 0; i < text.Length; i++) text[i] = Pattern[(n + i) % Pattern.Length];
    });
}
