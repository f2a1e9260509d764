using System.Text.Json;
using Signaling.Actors.Auth;

namespace Signaling.Node.Auth;

/// <summary>Reads a set of peer ids: a text, or an array of texts.</summary>
internal static class PatternsJson
{
    /// <returns>False where it is something else.</returns>
    public static bool TryRead(JsonElement json, out PeerPatterns? patterns)
    {
        patterns = null;
        JsonElement[] elements = json.ValueKind == JsonValueKind.Array ? [.. json.EnumerateArray()] : [json];
        if (!elements.All(element => element.ValueKind == JsonValueKind.String)) return false;
        var isValid = PeerPatterns.TryParse(elements.Select(element => element.GetString()!), out var parsed);
        patterns = parsed;
        return isValid;
    }
}
