using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

public sealed class RegistrationTests(DefaultNode node) : NodeTests<DefaultNode>(node)
{
    [Fact]
    public async Task Registering_is_answered_with_the_id_the_time_and_whether_it_is_a_reconnect()
    {
        var alice = Unique("alice");
        var client = await ConnectAsync();

        await client.SendAsync($$$"""{"type":"register","peerId":"{{{alice}}}","deviceType":"desktop","deviceInfo":{"name":"PC"}}""");

        var registered = await client.NextAsync("registered");
        Assert.Superset(new HashSet<string> { "type", "peerId", "serverTime", "isReconnect" }, registered.Members.ToHashSet());
        Assert.Equal(alice, registered.Value("peerId"));
        Assert.Equal("false", registered.Raw("isReconnect"));
        Assert.InRange(registered.Number("serverTime"), 1_600_000_000_000, 9_999_999_999_999);
    }

    [Fact]
    public async Task What_follows_register_without_waiting_for_the_answer_is_handled_after_it()
    {
        var (alice, bob) = (Unique("alice"), Unique("bob"));
        var receiver = await RegisterAsync(bob);
        var client = await ConnectAsync();

        await Task.WhenAll(
            client.SendAsync($$"""{"type":"register","peerId":"{{alice}}"}"""),
            client.SendAsync($$"""{"type":"offer","to":"{{bob}}","sdp":"v=0"}"""),
            client.SendAsync("""{"type":"get-peers"}"""));

        await client.NextAsync("registered");
        Assert.Contains(bob, (await client.NextAsync("peers-list")).Text, StringComparison.Ordinal);
        Assert.Equal($$"""{"type":"offer","to":"{{bob}}","sdp":"v=0","from":"{{alice}}"}""", (await receiver.NextAsync("offer")).Text);
    }

    [Fact]
    public async Task The_same_id_again_on_the_same_socket_updates_the_device_and_announces_nothing()
    {
        var (alice, observer) = (Unique("alice"), Unique("observer"));
        var watching = await RegisterAsync(observer);
        var client = await RegisterAsync(alice);
        await watching.NextPresenceAsync(alice, "online");

        await client.SendAsync($$"""{"type":"register","peerId":"{{alice}}","deviceType":"mobile"}""");

        await client.NextAsync("registered");
        await client.ExpectNothingElseAsync();
        await watching.SendAsync($$"""{"type":"peer-status","peerId":"{{alice}}"}""");
        Assert.Equal("mobile", (await watching.NextAsync("peer-status-response")).Value("deviceType"));
        Assert.DoesNotContain(await PresenceUpToADepartureAsync(watching), presence => presence.Value("peerId") == alice);
    }

    [Fact]
    public async Task A_second_id_on_a_socket_is_an_alias_and_messages_are_from_the_last_one()
    {
        var (first, second, bob) = (Unique("first"), Unique("second"), Unique("bob"));
        var receiver = await RegisterAsync(bob);
        var client = await RegisterAsync(first);
        await client.RegisterAsync(second);

        await receiver.SendAsync($$"""{"type":"offer","to":"{{first}}","n":1}""");
        await receiver.SendAsync($$"""{"type":"offer","to":"{{second}}","n":2}""");
        await client.SendAsync($$"""{"type":"answer","to":"{{bob}}"}""");

        Assert.Equal([1, 2], (await client.NextAsync("offer", 2)).Select(offer => offer.Number("n")).Order()); // two ids, two recipients: in any order
        Assert.Equal(second, (await receiver.NextAsync("answer")).Value("from"));
    }

    [Fact]
    public async Task All_aliases_go_offline_with_their_socket()
    {
        var (first, second) = (Unique("first"), Unique("second"));
        var watching = await RegisterAsync(Unique("observer"));
        var client = await RegisterAsync(first);
        await client.RegisterAsync(second);
        await watching.NextPresenceAsync(first, "online");
        await watching.NextPresenceAsync(second, "online");

        await client.CloseAsync();

        var before = await PresenceUpToADepartureAsync(watching);
        Assert.Single(before, presence => presence.Value("peerId") == first && presence.Value("status") == "offline");
        Assert.Single(before, presence => presence.Value("peerId") == second && presence.Value("status") == "offline");
    }

    [Fact]
    public async Task A_socket_may_have_eight_ids_and_the_ninth_is_refused()
    {
        var client = await ConnectAsync();
        for (var i = 0; i < 8; i++) await client.RegisterAsync(Unique("alias"));

        await client.SendAsync($$"""{"type":"register","peerId":"{{Unique("ninth")}}"}""");

        Assert.Equal("too-many-aliases", (await client.NextAsync("error")).Value("code"));
        await client.ExpectNothingElseAsync();
    }

    [Fact]
    public async Task Unregister_takes_the_peer_offline_and_leaves_the_socket_usable()
    {
        var (alice, again) = (Unique("alice"), Unique("again"));
        var watching = await RegisterAsync(Unique("observer"));
        var client = await RegisterAsync(alice);
        await watching.NextPresenceAsync(alice, "online");

        await client.SendAsync("""{"type":"unregister"}""");
        await client.ExpectNothingElseAsync();
        await client.SendAsync($$"""{"type":"offer","to":"{{alice}}"}""");

        Assert.Equal("not-registered", (await client.NextAsync("error")).Value("code"));
        await watching.NextPresenceAsync(alice, "offline");
        await client.RegisterAsync(again);
        await watching.NextPresenceAsync(again, "online");
    }

    [Fact]
    public async Task An_id_of_256_characters_is_taken_and_ids_are_case_sensitive()
    {
        var (upper, lower) = (Unique("P").PadRight(256, 'X'), Unique("P").PadRight(256, 'x'));
        var one = await RegisterAsync(upper);
        var other = await RegisterAsync(lower);

        await one.SendAsync($$"""{"type":"offer","to":"{{lower}}"}""");

        Assert.Equal(upper, (await other.NextAsync("offer")).Value("from"));
        await one.ExpectNothingElseAsync();
    }
}
