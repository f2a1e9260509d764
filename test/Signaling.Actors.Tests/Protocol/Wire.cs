using System.Text;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Tests.Protocol;

/// <summary>From literals to what the protocol classes take, and back.</summary>
internal static class Wire
{
    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    public static string Text(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8);

    public static PeerId Peer(string id) => PeerId.TryParse(id, out var peer) ? peer : throw new ArgumentException("Not a peer id.", nameof(id));

    /// <summary>The envelope of a message that has to be acceptable.</summary>
    public static Envelope Read(string json)
    {
        Assert.Null(Envelope.TryRead(Utf8(json), out var envelope));
        return envelope;
    }

    /// <summary>What the node relays of an acceptable message: the same, whether there is room behind it or not.</summary>
    /// <param name="sent">The message.</param>
    /// <param name="from">Who sent it.</param>
    /// <param name="timestamp">Now, in Unix milliseconds.</param>
    public static string Splice(string sent, PeerId from, long timestamp)
    {
        var (copied, inPlace) = (Splice(room: 0), Splice(room: 1_000));
        Assert.Equal(copied, inPlace);
        return inPlace;

        string Splice(int room)
        {
            byte[] buffer = [.. Utf8(sent), .. new byte[room]];
            Assert.Null(Envelope.TryRead(buffer.AsSpan(0, buffer.Length - room), out var envelope));
            var relayed = RelaySplice.Apply(envelope, buffer, RelaySplice.FromMember(from), new FixedTime(timestamp));
            Assert.Equal(room > 0, relayed.Span.Overlaps(buffer));
            return Text(relayed.Span);
        }
    }

    /// <summary>Arrays in arrays, <paramref name="depth"/> of them.</summary>
    public static string Nested(int depth, string inner = "") => new string('[', depth) + inner + new string(']', depth);

    private sealed class FixedTime(long unixMilliseconds) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds);
    }
}
