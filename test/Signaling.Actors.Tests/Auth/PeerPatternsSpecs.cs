using CsCheck;
using Signaling.Actors.Auth;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Auth;

/// <summary>Which ids a set of patterns includes.</summary>
public sealed class PeerPatternsSpecs
{
    private static readonly Gen<string> Texts = Gen.Char["abA/*\uFFFF"].Array[1, 4].Select(chars => new string(chars));

    [Theory]
    [InlineData("alice", "alice", true)]
    [InlineData("alice", "alice2", false)]
    [InlineData("alice", "Alice", false)]
    [InlineData("acme/*", "acme/bob", true)]
    [InlineData("acme/*", "acme/", true)]
    [InlineData("acme/*", "acme", false)]
    [InlineData("acme/*", "acme0bob", false)]
    [InlineData("*", "anybody", true)]
    [InlineData("a*b", "a*b", true)]                                // only at the end it stands for others
    [InlineData("a*b", "axb", false)]
    [InlineData("a**", "a*b", true)]
    [InlineData("a**", "ab", false)]
    public void A_star_at_the_end_stands_for_all_that_begin_so(string pattern, string peer, bool isIncluded)
    {
        Assert.True(PeerPatterns.TryParse([pattern], out var patterns));

        Assert.Equal(isIncluded, patterns.Include(NodeSpecs.Peer(peer)));
    }

    [Fact]
    public void A_set_includes_what_one_of_its_patterns_does_and_nothing_else()
    {
        Gen.Select(Texts.Array[0, 8], Texts).Sample((texts, peer) =>
        {
            Assert.True(PeerPatterns.TryParse(texts, out var patterns));
            var isOneOf = texts.Any(text => text.EndsWith('*') ? peer.StartsWith(text[..^1], StringComparison.Ordinal) : peer == text);
            return patterns.Include(NodeSpecs.Peer(peer)) == isOneOf;
        });
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\nb")]
    [InlineData("a\u0000*")]
    public void What_no_peer_id_can_be_is_no_pattern(string text)
    {
        Assert.False(PeerPatterns.TryParse([text], out _));
    }

    [Fact]
    public void There_are_so_many_and_no_more()
    {
        Assert.True(PeerPatterns.TryParse(Enumerable.Range(0, PeerPatterns.MaxCount).Select(n => $"p{n}"), out _));
        Assert.False(PeerPatterns.TryParse(Enumerable.Range(0, PeerPatterns.MaxCount + 1).Select(n => $"p{n}"), out _));
    }
}
