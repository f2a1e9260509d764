using Signaling.Actors.Tests.Testing;
using Signaling.Actors.Turn;

namespace Signaling.Actors.Tests.Turn;

public sealed class IceServersSpecs
{
    private readonly ManualTime _time = new();

    [Fact]
    public void A_turn_server_comes_with_a_credential_for_the_peer_that_ends_and_a_stun_server_without()
    {
        _time.Advance(TimeSpan.FromSeconds(1_700_000_000.9));
        var servers = new IceServers(
            new TurnOptions
            {
                Urls = ["turn:turn.example.org", "stun:stun.example.org", "turns:turn.example.org?transport=tcp", "stuns:stun.example.org"],
                Secret = "north",
                TimeToLive = TimeSpan.FromMinutes(10),
            },
            _time);

        var list = servers.For(NodeSpecs.Peer("alice"));

        Assert.Equal((1_700_000_600, 600), (list.Expiry, list.TtlSeconds));
        Assert.Collection(list.Servers,
            stun =>
            {
                Assert.Equal(["stun:stun.example.org", "stuns:stun.example.org"], stun.Urls);
                Assert.Equal((null, null), (stun.Username, stun.Credential));
            },
            turn =>
            {
                Assert.Equal(["turn:turn.example.org", "turns:turn.example.org?transport=tcp"], turn.Urls);
                Assert.Equal(("1700000600:alice", "gthUwOpcRoLI0MMCziCEBOWYnpo="), (turn.Username, turn.Credential));
            });
    }

    [Fact]
    public void Nothing_is_handed_out_where_nothing_is_configured()
    {
        var servers = new IceServers(new TurnOptions(), _time);

        Assert.False(servers.Any);
        Assert.Empty(servers.For(NodeSpecs.Peer("alice")).Servers);
    }
}
