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

    /// <summary>The relayed object.</summary>
    /// <param name="envelope">What the client sent.</param>
    /// <param name="fromMember">Of <see cref="FromMember"/>.</param>
    /// <param name="timestamp">Unix milliseconds, for a <c>message</c> that has none.</param>
    public static byte[] Apply(in Envelope envelope, ReadOnlySpan<byte> fromMember, long timestamp)
    {
        var stamp = envelope.Type == MessageType.Message && !envelope.IsTruthy(envelope[EnvelopeKey.Timestamp]);
        var body = new byte[envelope.Close + fromMember.Length + (stamp ? ",\"timestamp\":"u8.Length + MaxTimestampDigits : 0) + 2];

        var length = CopyKept(envelope, stamp, body);
        if (!EndsWithSeparator(body.AsSpan(0, length))) body[length++] = (byte)',';
        fromMember.CopyTo(body.AsSpan(length));
        length += fromMember.Length;
        if (stamp)
        {
            ",\"timestamp\":"u8.CopyTo(body.AsSpan(length));
            length += ",\"timestamp\":"u8.Length;
            Utf8Formatter.TryFormat(timestamp, body.AsSpan(length), out var digits);
            length += digits;
        }
        body[length++] = (byte)'}';
        return length == body.Length ? body : body[..length];
    }

    /// <summary>Everything before the closing brace but for the members that are cut.</summary>
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
