using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Connections;

/// <summary>A connection remembers whom its last message was for; that must never send the next one astray.</summary>
public sealed class RecipientSpecs : NodeSpecs
{
    [Fact]
    public void The_same_recipient_again_and_another_one_between()
    {
        var (alice, bob, carol) = (Register("alice"), Register("bob"), Register("carol"));

        foreach (var (to, n) in (IEnumerable<(string, int)>)[("bob", 1), ("bob", 2), ("carol", 3), ("bob", 4)])
            alice.Says($$"""{"type":"offer","to":"{{to}}","n":{{n}}}""");

        Assert.Equal([1, 2, 4], Numbers(bob));
        Assert.Equal([3], Numbers(carol));
    }

    [Theory]
    [InlineData("""\\u0061""", """\u0061""")]                       // an id that looks like the escape of another one
    [InlineData("""\u0061""", """\\u0061""")]
    [InlineData("""\u0061""", "a")]
    [InlineData("é", """\u00e9""")]
    public void Spellings_are_told_apart_by_what_they_spell(string first, string second)
    {
        var alice = Register("alice");
        string[] spellings = [first, second];
        var peers = spellings.Select(spelling => System.Text.Json.JsonDocument.Parse($"\"{spelling}\"").RootElement.GetString()!).ToArray();
        var sockets = peers.Distinct().ToDictionary(peer => peer, peer => Register(System.Text.Json.JsonEncodedText.Encode(peer).ToString()));

        foreach (var (i, spelling) in spellings.Index()) alice.Says($$"""{"type":"offer","to":"{{spelling}}","n":{{i}}}""");

        foreach (var (i, peer) in peers.Index()) Assert.Contains(i, Numbers(sockets[peer]));
        Assert.Equal(2, sockets.Values.Sum(socket => Numbers(socket).Count()));
    }
}
