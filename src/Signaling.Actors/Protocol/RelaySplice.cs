using System.Buffers.Text;

namespace Signaling.Actors.Protocol;

/// <summary>Turns what a client sent into what its recipient gets: the same bytes, with <c>from</c> set to the sender's registered id.</summary>
/// <remarks>The node's members are appended, so that the last key wins also where a parser knows a spelling that we do not; a
/// <c>from</c> that the client sent, and members that a repeated key made void, are cut, so that the first key wins nowhere.</remarks>
internal static class RelaySplice
{
    private const int MaxTimestampDigits = 20;

    /// <summary>The member <c>"from":"…"</c> for <see cref="Apply"/>; made once for each registration.</summary>
    public static byte[] FromMember(PeerId peer) => [.. "\"from\":"u8, .. JsonText.Quote(peer.Value)];

    /// <summary>The relayed object, written over what the client sent where there is room; the envelope must not be read after that.</summary>
    /// <param name="envelope">What the client sent.</param>
    /// <param name="buffer">Where it lies, at the beginning.</param>
    /// <param name="fromMember">Of <see cref="FromMember"/>.</param>
    /// <param name="time">The clock, for a <c>message</c> that has no timestamp.</param>
    public static ReadOnlyMemory<byte> Apply(in Envelope envelope, Memory<byte> buffer, ReadOnlySpan<byte> fromMember, TimeProvider time)
    {
        var stamp = envelope.Type == MessageType.Message && !envelope.IsTruthy(envelope[EnvelopeKey.Timestamp]);
        var mostBytes = envelope.Close + fromMember.Length + (stamp ? ",\"timestamp\":"u8.Length + MaxTimestampDigits : 0) + 2;
        if (buffer.Length < mostBytes) buffer = new byte[mostBytes];
        var body = buffer.Span;

        var length = CopyKept(envelope, stamp, body);
        if (!EndsWithSeparator(body[..length])) body[length++] = (byte)',';
        Append(fromMember, body, ref length);
        if (stamp)
        {
            Append(",\"timestamp\":"u8, body, ref length);
            Utf8Formatter.TryFormat(time.GetUtcNow().ToUnixTimeMilliseconds(), body[length..], out var digits);
            length += digits;
        }
        body[length++] = (byte)'}';
        return buffer[..length];
    }

    private static void Append(ReadOnlySpan<byte> bytes, Span<byte> body, ref int length)
    {
        bytes.CopyTo(body[length..]);
        length += bytes.Length;
    }

    /// <summary>Everything before the closing brace but for the members that are cut. It moves towards the beginning, if at all, so it may lie where it came.</summary>
    private static int CopyKept(in Envelope envelope, bool stamp, Span<byte> body)
    {
        var json = envelope.Json;
        var from = envelope[EnvelopeKey.From];
        var timestamp = stamp ? envelope[EnvelopeKey.Timestamp] : default;
        if (envelope.Superseded is null && !timestamp.IsPresent)
        {
            // Nearly every message: nothing to cut, or one `from`.
            if (!from.IsPresent)
            {
                json[..envelope.Close].CopyTo(body);
                return envelope.Close;
            }
            json[..from.KeyStart].CopyTo(body);
            json[from.Next..envelope.Close].CopyTo(body[from.KeyStart..]);
            return envelope.Close - (from.Next - from.KeyStart);
        }

        List<Member> cuts = [.. envelope.Superseded ?? []];
        if (from.IsPresent) cuts.Add(from);
        if (timestamp.IsPresent) cuts.Add(timestamp);
        cuts.Sort((a, b) => a.KeyStart.CompareTo(b.KeyStart));

        var (read, written) = (0, 0);
        foreach (var cut in cuts)
        {
            json[read..cut.KeyStart].CopyTo(body[written..]);
            written += cut.KeyStart - read;
            read = cut.Next;
        }
        json[read..envelope.Close].CopyTo(body[written..]);
        return written + envelope.Close - read;
    }

    /// <summary>Whether a member may follow: behind the opening brace, or behind the comma that a cut last member left.</summary>
    private static bool EndsWithSeparator(ReadOnlySpan<byte> body) => body.TrimEnd(" \t\r\n"u8)[^1] is (byte)'{' or (byte)',';
}
