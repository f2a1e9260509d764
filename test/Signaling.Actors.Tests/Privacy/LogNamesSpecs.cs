using Signaling.Actors.Privacy;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Tests.Privacy;

public sealed class LogNamesSpecs
{
    [Theory]
    [InlineData("bob", "bob")]
    [InlineData("b\u202Eo\u200Bb", "b\\u{202E}o\\u{200B}b")]
    [InlineData("b\u2028ob", "b\\u{2028}ob")]
    public void An_id_is_escaped(string id, string expected)
    {
        Assert.Equal(expected, new LogNames(IdsInLog.Escaped).Of(Peer(id)));
    }

    [Fact]
    public void A_long_id_is_cut_off()
    {
        Assert.Equal(new string('b', 64) + "…", new LogNames(IdsInLog.Escaped).Of(Peer(new string('b', 200))));
    }

    [Fact]
    public void A_hashed_id_is_short_and_the_same_each_time_and_another_for_another_peer()
    {
        var names = new LogNames(IdsInLog.Hashed);

        Assert.Matches("^#[0-9a-f]{10}$", names.Of(Peer("bob")));
        Assert.Equal(names.Of(Peer("bob")), names.Of(Peer("bob")));
        Assert.NotEqual(names.Of(Peer("bob")), names.Of(Peer("bob2")));
    }

    [Fact]
    public void Nobody_can_hash_a_guess()
    {
        Assert.NotEqual(new LogNames(IdsInLog.Hashed).Of(Peer("bob")), new LogNames(IdsInLog.Hashed).Of(Peer("bob")));
    }

    private static PeerId Peer(string id)
    {
        Assert.True(PeerId.TryParse(id, out var peer));
        return peer;
    }
}
