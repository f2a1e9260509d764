using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Connections;

public sealed class IceServersRequestSpecs : NodeSpecs
{
    private const string GetIceServers = """{"type":"get-ice-servers","id":"m1"}""";

    [Fact]
    public void Credentials_are_for_the_id_registered_last_and_new_each_time()
    {
        (Turn.Urls, Turn.Secret, Turn.TimeToLive) = (["stun:stun.example.org", "turn:turn.example.org"], "north", TimeSpan.FromMinutes(10));
        var client = Register("alice");
        var now = Time.GetUtcNow().ToUnixTimeSeconds();

        client.Says(GetIceServers);
        client.Says("""{"type":"register","peerId":"alias"}""");
        Advance(TimeSpan.FromSeconds(5));
        client.Says(GetIceServers);

        var answers = client.Received.Where(json => json.StartsWith("{\"type\":\"ice-servers\"", StringComparison.Ordinal)).ToArray();
        Assert.Equal(2, answers.Length);
        Assert.StartsWith($$"""{"type":"ice-servers","iceServers":[{"urls":["stun:stun.example.org"]},{"urls":["turn:turn.example.org"],"username":"{{now + 600}}:alice","credential":""", answers[0], StringComparison.Ordinal);
        Assert.EndsWith("""}],"ttlSeconds":600}""", answers[0], StringComparison.Ordinal);
        Assert.Contains($"\"username\":\"{now + 605}:alias\"", answers[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Where_nothing_is_configured_the_list_is_empty()
    {
        var client = Register("alice");

        client.Says(GetIceServers);

        Assert.Equal("""{"type":"ice-servers","iceServers":[],"ttlSeconds":3600}""", client.Received[^1]);
    }

    [Fact]
    public void Who_is_not_registered_gets_none()
    {
        (Turn.Urls, Turn.Secret) = (["turn:turn.example.org"], "north");
        var client = Connect();

        client.Says(GetIceServers);

        Assert.Equal(["error"], client.Types);
        Assert.Contains("\"code\":\"not-registered\",\"id\":\"m1\"", client.Received[0], StringComparison.Ordinal);
    }
}
