using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Signaling.Node.Tests.Hosting;

/// <summary>What one client and its node said to each other, written to the folder that <c>SIGNALING_TRAFFIC</c> names, for <c>test/asyncapi</c>, which holds it against <c>docs/asyncapi.yaml</c>.</summary>
/// <remarks>One message of each shape is enough. What was sent is written when the connection ends, and only where the node refused nothing: tests send wrong messages on purpose.</remarks>
public sealed class TrafficRecording
{
    /// <summary>The members that a schema looks at are in smaller messages, too.</summary>
    private const int MaxChars = 65_536;

    private static readonly string? Folder = Environment.GetEnvironmentVariable("SIGNALING_TRAFFIC");
    private static readonly ConcurrentDictionary<string, bool> Recorded = new();
    private static readonly Lock Gate = new();

    private readonly ConcurrentQueue<string> _sent = new();
    private bool _isRefused;

    private TrafficRecording()
    {
    }

    /// <summary>Null where nobody wants to know.</summary>
    public static TrafficRecording? Begin() => string.IsNullOrEmpty(Folder) ? null : new TrafficRecording();

    /// <summary>A whole message of the client's; a part of one is no JSON, and not recorded.</summary>
    public void Sent(ReadOnlySpan<byte> message)
    {
        if (message.Length <= MaxChars) _sent.Enqueue(Encoding.UTF8.GetString(message));
    }

    public void Received(Received message)
    {
        if (message.Type == "error" && !message.Json.TryGetProperty("from", out _)) _isRefused = true;
        if (message.Text.Length <= MaxChars) Write("received", message.Text, message.Json);
    }

    public void End()
    {
        if (_isRefused) return;
        foreach (var text in _sent)
        {
            try
            {
                using var json = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 200 });
                Write("sent", text, json.RootElement);
            }
            catch (JsonException)
            {
                // Nobody waited for the node's answer to it.
            }
        }
    }

    private static void Write(string direction, string text, JsonElement json)
    {
        if (!Recorded.TryAdd($"{direction} {Shape("", json)}", true)) return;
        var line = JsonSerializer.Serialize(new { direction, valid = true, text });
        lock (Gate) File.AppendAllLines(Path.Combine(Folder!, $"tests-{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}.jsonl"), [line]);
    }

    /// <summary>Its members and the kinds of their values; where the value is what a schema asks for, that.</summary>
    private static string Shape(string member, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => $"{{{string.Join(',', value.EnumerateObject().Select(inner => $"{NameOf(inner)}:{Shape(NameOf(inner), inner.Value)}"))}}}",
        JsonValueKind.Array => $"[{string.Join(',', value.EnumerateArray().Select(item => Shape("", item)).Distinct())}]",
        JsonValueKind.String when member is "type" or "status" or "code" or "messageType" or "presence" => value.GetRawText(),
        var kind => kind.ToString(),
    };

    /// <summary>As it is spelled: a key may have an unpaired surrogate, which no string of it could.</summary>
    private static string NameOf(JsonProperty member) => Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8PropertyName(member));
}
