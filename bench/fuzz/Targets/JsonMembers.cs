using System.Text.Json;

namespace Signaling.Fuzz.Targets;

/// <summary>One member of a JSON object.</summary>
/// <param name="Key">What its name spells; null where that holds a lone surrogate, which no text can.</param>
/// <param name="Text">Name and value as they came.</param>
/// <param name="Value">Its value.</param>
internal sealed record JsonMember(string? Key, string Text, JsonElement Value);

/// <summary>What System.Text.Json says of JSON.</summary>
internal static class JsonMembers
{
    /// <summary>Each member, in the order they came, also those whose key comes again.</summary>
    public static List<JsonMember> Of(JsonElement json) =>
        [.. json.EnumerateObject().Select(member => new JsonMember(Text(member, static member => member.Name), member.ToString(), member.Value))];

    /// <summary>The text of a string; null where it is none, or holds a lone surrogate.</summary>
    public static string? Text(JsonElement json) => json.ValueKind == JsonValueKind.String ? Text(json, static json => json.GetString()) : null;

    /// <summary>Whether JavaScript takes the value for true.</summary>
    public static bool IsTruthy(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Undefined or JsonValueKind.Null or JsonValueKind.False => false,
        JsonValueKind.String => json.GetRawText() != "\"\"",
        JsonValueKind.Number => json.GetDouble() != 0,
        _ => true,
    };

    /// <summary>.NET answers a lone surrogate with an exception.</summary>
    private static string? Text<T>(T json, Func<T, string?> read)
    {
        try
        {
            return read(json);
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
