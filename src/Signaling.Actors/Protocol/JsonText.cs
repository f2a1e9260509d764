using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Signaling.Actors.Protocol;

/// <summary>How the node spells JSON: escaped only where RFC 8259 §7 demands it, since its frames go into no HTML page.</summary>
internal static class JsonText
{
    /// <summary>What a thread's buffer may hold on to.</summary>
    private const int KeptBytes = 16_384;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [ThreadStatic] private static ArrayBufferWriter<byte>? _buffer;
    [ThreadStatic] private static Utf8JsonWriter? _writer;

    /// <summary>The bytes that <paramref name="write"/> wrote, which calls this for nothing inside them.</summary>
    public static byte[] Write<TState>(in TState state, Action<Utf8JsonWriter, TState> write)
    {
        var buffer = _buffer ??= new ArrayBufferWriter<byte>(1_024);
        var json = _writer ??= new Utf8JsonWriter(buffer, Options);
        try
        {
            write(json, state);
            json.Flush();
            return buffer.WrittenSpan.ToArray();
        }
        finally
        {
            buffer.ResetWrittenCount();
            json.Reset();
            if (buffer.Capacity > KeptBytes) (_buffer, _writer) = (null, null);
        }
    }

    /// <summary><paramref name="text"/> as a JSON string, with its quotes.</summary>
    public static byte[] Quote(string text) => Write(text, static (json, value) => json.WriteStringValue(value));
}
