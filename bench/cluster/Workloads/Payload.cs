using System.Text.Json;
using Signaling.Crash;

namespace Signaling.ClusterFaults.Workloads;

/// <summary>What a message says: its sender, its number, and a text known from them.</summary>
internal static class Payload
{
    public static string Of(string sender, int number) => $$"""{"s":"{{sender}}","n":{{number}},"text":"{{Body.Of(number)}}"}""";

    public static int NumberOf(JsonElement message) => message.GetProperty("payload").GetProperty("n").GetInt32();

    /// <returns>Somebody who never sent it where the message is not the one that was sent.</returns>
    public static string SenderOf(JsonElement message, string from)
    {
        var payload = message.GetProperty("payload");
        return payload.GetProperty("s").ValueEquals(from) && payload.GetProperty("text").ValueEquals(Body.Of(payload.GetProperty("n").GetInt32())) ? from : from + " (altered)";
    }
}
