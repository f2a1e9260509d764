using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Signaling.AspNetCore.Transport;

/// <summary>Validates a text message while it arrives, so that bad UTF-8 fails at once (RFC 6455 §8.1), wherever the frames cut it.</summary>
internal struct Utf8Progress
{
    private int _validated;

    /// <param name="message">All of the message so far.</param>
    /// <param name="isWhole">Nothing follows.</param>
    /// <returns>False where it cannot become, or is not, valid UTF-8.</returns>
    public bool Advance(ReadOnlySpan<byte> message, bool isWhole)
    {
        var rest = message[_validated..];
        var tail = isWhole ? 0 : IncompleteTail(rest);
        _validated = message.Length - tail;
        return Utf8.IsValid(rest[..^tail]);
    }

    /// <summary>How many bytes at the end begin a code point whose other bytes are still to come.</summary>
    private static int IncompleteTail(ReadOnlySpan<byte> bytes)
    {
        for (var length = 1; length <= Math.Min(3, bytes.Length); length++)
        {
            var isContinuation = (bytes[^length] & 0xC0) == 0x80;
            if (isContinuation) continue;
            return Rune.DecodeFromUtf8(bytes[^length..], out _, out _) == OperationStatus.NeedMoreData ? length : 0;
        }
        return 0;
    }
}
