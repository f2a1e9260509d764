using System.Diagnostics.CodeAnalysis;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Auth;

/// <summary>A set of peer ids: some by name, and all that begin in some way, written with a <c>*</c> at the end (<c>acme/*</c>; <c>*</c> alone is everybody).</summary>
public sealed class PeerPatterns
{
    /// <summary>So many a client can have.</summary>
    public const int MaxCount = 100;

    private readonly Pattern[] _patterns;                           // in the order of their text, none within another

    private PeerPatterns(IEnumerable<Pattern> patterns)
    {
        var kept = new List<Pattern>();
        foreach (var pattern in patterns.OrderBy(pattern => pattern.Text, StringComparer.Ordinal).ThenByDescending(pattern => pattern.IsPrefix))
        {
            if (kept.Count == 0 || !kept[^1].Covers(pattern.Text)) kept.Add(pattern);
        }
        _patterns = [.. kept];
    }

    /// <summary>In ordinal order; no two of them have a peer in common.</summary>
    internal IReadOnlyList<Pattern> All => _patterns;

    /// <returns>False where they are too many, or one of them is no peer id, with or without a <c>*</c> behind it.</returns>
    public static bool TryParse(IEnumerable<string> texts, [NotNullWhen(true)] out PeerPatterns? patterns)
    {
        var parsed = new List<Pattern>();
        patterns = null;
        foreach (var text in texts)
        {
            if (parsed.Count == MaxCount || !Pattern.TryParse(text, out var pattern)) return false;
            parsed.Add(pattern);
        }
        patterns = new PeerPatterns(parsed);
        return true;
    }

    /// <summary>Whether the peer is one of them.</summary>
    public bool Include(PeerId peer)
    {
        // Everything between a prefix and an id that begins with it begins with it, too, and so is covered: only the last pattern before the id can match.
        var (low, high) = (0, _patterns.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (string.CompareOrdinal(_patterns[middle].Text, peer.Value) <= 0) low = middle + 1;
            else high = middle;
        }
        return low > 0 && _patterns[low - 1].Covers(peer.Value);
    }

    /// <param name="Text">The id, or how it begins.</param>
    /// <param name="IsPrefix">Which of the two.</param>
    internal readonly record struct Pattern(string Text, bool IsPrefix)
    {
        public static bool TryParse(string? text, out Pattern pattern)
        {
            pattern = default;
            if (text is null) return false;
            var isPrefix = text.EndsWith('*');
            pattern = new Pattern(isPrefix ? text[..^1] : text, isPrefix);
            return pattern is { IsPrefix: true, Text: "" } || PeerId.TryParse(pattern.Text, out _);
        }

        public bool Covers(string peer) => IsPrefix ? peer.StartsWith(Text, StringComparison.Ordinal) : peer == Text;
    }
}
