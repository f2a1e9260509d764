using System.Text;
using Signaling.Actors.Presence;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Presence;

public sealed class PresenceFeedSpecs
{
    private readonly PresenceFeed _feed = new();

    [Fact]
    public void A_reader_gets_what_comes_after_it_began_in_order_and_once()
    {
        Append("early");
        var reader = _feed.ReadFromNow("reader");
        Append("bob");
        Append("carol");

        Assert.True(reader.HasNews);
        Assert.Equal(["bob online", "carol online"], ReadAll(reader));
        Assert.False(reader.HasNews);
        Assert.Empty(ReadAll(reader));
    }

    [Fact]
    public void Of_changes_of_the_same_peer_a_reader_that_is_behind_gets_the_last()
    {
        var reader = _feed.ReadFromNow("reader");
        Append("bob");
        Append("carol");
        Append("bob", isOnline: false);

        Assert.Equal(["carol online", "bob offline"], ReadAll(reader));
    }

    [Fact]
    public void A_reader_that_keeps_up_gets_every_change()
    {
        var reader = _feed.ReadFromNow("reader");
        Append("bob");
        var first = ReadAll(reader);
        Append("bob", isOnline: false);

        Assert.Equal(["bob online"], first);
        Assert.Equal(["bob offline"], ReadAll(reader));
    }

    [Fact]
    public void The_connection_that_a_change_is_about_does_not_get_it()
    {
        var (bob, carol) = (_feed.ReadFromNow("bob's connection"), _feed.ReadFromNow("carol's connection"));
        Append("bob", subject: "bob's connection");

        Assert.Empty(ReadAll(bob));
        Assert.Equal(["bob online"], ReadAll(carol));
    }

    [Fact]
    public void It_is_known_how_far_a_reader_is_behind()
    {
        var reader = _feed.ReadFromNow("reader");
        Append("bob");
        Append("bob", isOnline: false);
        var before = reader.Behind;
        ReadAll(reader);

        Assert.Equal((2, 0), (before, reader.Behind));
    }

    /// <summary>What is remembered of peers that are gone has a bound; a peer beyond it is announced like any other.</summary>
    [Fact]
    public void A_peer_that_went_long_ago_and_returns_is_announced()
    {
        Append("bob", isOnline: false);
        for (var i = 0; i < 5_000; i++) Append($"peer-{i}", isOnline: false);
        var reader = _feed.ReadFromNow("reader");

        Append("bob");

        Assert.Equal(["bob online"], ReadAll(reader));
    }

    private void Append(string peer, bool isOnline = true, object? subject = null) =>
        _feed.Append(NodeSpecs.Peer(peer), isOnline, Encoding.UTF8.GetBytes($"{peer} {(isOnline ? "online" : "offline")}"), subject);

    private static List<string> ReadAll(PresenceReader reader)
    {
        var read = new List<string>();
        while (reader.TryRead(out var json)) read.Add(Encoding.UTF8.GetString(json.Span));
        return read;
    }
}
