using Signaling.Actors.Hosting;

namespace Signaling.Actors.Tests.Turn;

/// <summary>What a browser would refuse of every client is refused to the operator.</summary>
public sealed class TurnOptionsSpecs
{
    [Theory]
    [InlineData("stun:stun.example.org")]
    [InlineData("stuns:stun.example.org:5349")]
    [InlineData("turn:[2001:db8::1]:3478?transport=udp")]
    [InlineData("turns:turn.example.org:443?transport=tcp")]
    public void An_ice_url_is_accepted(string url)
    {
        Assert.Empty(Failures(url, secret: "north"));
    }

    [Theory]
    [InlineData("https://turn.example.org")]
    [InlineData("turn.example.org:3478")]
    [InlineData("turn://turn.example.org")]
    [InlineData("turn:")]
    [InlineData("turn:north@turn.example.org")]
    [InlineData("turn:turn.example.org?transport=sctp")]
    [InlineData("stun:stun.example.org?transport=udp")]
    [InlineData("stun:stun.example.org\n")]
    [InlineData("")]
    public void Another_url_is_refused_by_its_name(string url)
    {
        Assert.StartsWith($"Signaling:Turn:Urls: '{url}' is no URL such as", Assert.Single(Failures(url, secret: "north")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("turn:turn.example.org")]
    [InlineData("turns:turn.example.org")]
    public void A_turn_url_needs_the_secret(string url)
    {
        Assert.Equal("Signaling:Turn:Secret: TURN servers need the secret they share with this node", Assert.Single(Failures(url, secret: "")));
    }

    [Fact]
    public void A_stun_url_needs_none()
    {
        Assert.Empty(Failures("stun:stun.example.org", secret: ""));
    }

    private static string[] Failures(string url, string secret)
    {
        var options = new SignalingOptions { Turn = { Urls = [url], Secret = secret } };
        return [.. new SignalingOptionsValidator().Validate(null, options).Failures ?? []];
    }
}
