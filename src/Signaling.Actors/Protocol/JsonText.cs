using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Signaling.Actors.Protocol;

/// <summary>How the node spells JSON: escaped only where RFC 8259 §7 demands it, since its frames go into no HTML page.</summary>
internal static class JsonText
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The bytes that <paramref name="write"/> wrote.</summary>
    public static byte[] Write<TState>(in TState state, Action<Utf8JsonWriter, TState> write)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer, Options);
        write(json, state);
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary><paramref name="text"/> as a JSON string, with its quotes.</summary>
    public static byte[] Quote(string text) => Write(text, static (json, value) => json.WriteStringValue(value));
}
