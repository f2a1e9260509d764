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

    /// <summary>Arrays in arrays, <paramref name="depth"/> of them.</summary>
    public static string Nested(int depth, string inner = "") => new string('[', depth) + inner + new string(']', depth);
}
