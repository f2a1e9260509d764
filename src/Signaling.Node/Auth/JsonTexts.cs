using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Signaling.Actors.Auth;

namespace Signaling.Node.Auth;

/// <summary>Reads texts of JSON that others wrote. A lone surrogate or bytes that are no UTF-8 are legal to the parser, and <see cref="JsonElement.GetString"/> throws at them.</summary>
internal static class JsonTexts
{
    /// <returns>False where it is no text.</returns>
    public static bool TryGetText(this JsonElement json, [NotNullWhen(true)] out string? text)
    {
        text = null;
        if (json.ValueKind != JsonValueKind.String) return false;
        try
        {
            text = json.GetString()!;
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Reads a set of peer ids: a text, or an array of texts.</summary>
    /// <returns>False where it is something else.</returns>
    public static bool TryGetPatterns(this JsonElement json, [NotNullWhen(true)] out PeerPatterns? patterns)
    {
        patterns = null;
        var texts = new List<string>();
        foreach (var element in json.ValueKind == JsonValueKind.Array ? [.. json.EnumerateArray()] : new[] { json })
        {
            if (!element.TryGetText(out var text)) return false;
            texts.Add(text);
        }
        return PeerPatterns.TryParse(texts, out patterns);
    }
}
