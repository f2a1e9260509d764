using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

public sealed class PresenceTests(QuickPresenceNode node) : NodeTests<QuickPresenceNode>(node)
{
    [Fact]
    public async Task The_others_are_told_who_comes_and_who_goes()
    {
        var bob = Unique("bob");
        var watching = await RegisterAsync(Unique("observer"));
        var client = await ConnectAsync();

        await client.SendAsync($$$"""{"type":"register","peerId":"{{{bob}}}","deviceType":"mobile","deviceInfo":{"os":"iOS"}}""");
        var online = await watching.NextPresenceAsync(bob, "online");
        await client.CloseAsync();
        var offline = await watching.NextPresenceAsync(bob, "offline");

        Assert.Equal(["type", "peerId", "status", "deviceType", "deviceInfo", "timestamp"], online.Members);
        Assert.Equal(("mobile", """{"os":"iOS"}"""), (online.Value("deviceType"), online.Raw("deviceInfo")));
        Assert.Equal(["type", "peerId", "status", "deviceType", "timestamp"], offline.Members);
        Assert.Equal("mobile", offline.Value("deviceType"));
    }

    [Fact]
    public async Task A_peer_is_never_told_of_itself()
    {
        var alice = Unique("alice");
        var client = await RegisterAsync(alice);
        await client.RegisterAsync(alice);

        var before = await PresenceUpToADepartureAsync(client);

        Assert.DoesNotContain(before, presence => presence.Value("peerId") == alice);
    }

    [Fact]
    public async Task A_socket_that_is_not_registered_is_told_nothing_of_anybody()
    {
        var (bob, carol) = (Unique("bob"), Unique("carol"));
        var stranger = await ConnectAsync();
        await stranger.ExpectNothingElseAsync();
        var watching = await RegisterAsync(Unique("observer"));
        await RegisterAsync(bob);
        await watching.NextPresenceAsync(bob, "online");

        await stranger.RegisterAsync(Unique("stranger"));
        await RegisterAsync(carol);

        var before = await stranger.PresenceUntilAsync(carol, "online");
        Assert.DoesNotContain(before, presence => presence.Value("peerId") == bob);
    }

    [Fact]
    public async Task A_socket_that_unregistered_is_told_nothing_of_anybody()
    {
        var (bob, carol) = (Unique("bob"), Unique("carol"));
        var client = await RegisterAsync(Unique("alice"));
        var watching = await RegisterAsync(Unique("observer"));
        await client.SendAsync("""{"type":"unregister"}""");
        await PresenceUpToADepartureAsync(watching);
        await RegisterAsync(bob);
        await watching.NextPresenceAsync(bob, "online");

        await client.RegisterAsync(Unique("alice"));
        await RegisterAsync(carol);

        var before = await client.PresenceUntilAsync(carol, "online");
        Assert.DoesNotContain(before, presence => presence.Value("peerId") == bob);
    }
}

/// <summary>Leaves time to come back.</summary>
public sealed class PatientPresenceNode() : NodeFixture("--set", "Presence:OfflineGrace=00:00:03");

public sealed class GracePeriodTests(PatientPresenceNode node) : NodeTests<PatientPresenceNode>(node)
{
    [Fact]
    public async Task A_quick_return_is_not_announced_and_neither_is_the_departure()
    {
        var bob = Unique("bob");
        var watching = await RegisterAsync(Unique("observer"));
        var first = await RegisterAsync(bob);
        await watching.NextPresenceAsync(bob, "online");

        await first.CloseAsync();
        await RegisterAsync(bob);

        Assert.DoesNotContain(await PresenceUpToADepartureAsync(watching), presence => presence.Value("peerId") == bob);
    }
}
