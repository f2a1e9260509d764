using System.Security.Cryptography;
using System.Text.Json;
using Signaling.Actors.Tests.Testing;
using Signaling.Endurance;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Client.Tests.EndToEnd;

/// <summary>Clients at the real node.</summary>
public sealed class NodeTests : IAsyncLifetime
{
    private readonly List<SignalingClient> _clients = [];
    private readonly TemporaryFolder _folder = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var client in _clients) await client.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Two_peers_negotiate_through_the_node()
    {
        await using var node = await StartAsync();
        var (alice, bob) = (await ConnectAsync(node, "alice"), await ConnectAsync(node, "bob"));
        await using var atAlice = alice.ReceiveAsync().GetAsyncEnumerator();
        await using var atBob = bob.ReceiveAsync().GetAsyncEnumerator();

        var offering = alice.SendOfferAsync("bob", "v=0 offer");
        var trickling = alice.SendCandidateAsync("bob", new IceCandidate("candidate:1", "0", 0));
        var flocking = alice.SendCandidatesAsync("bob", [new IceCandidate("candidate:2", "0", 0), new IceCandidate("")]);

        var offer = await NextAsync(atBob);
        Assert.Equal(("alice", PeerMessageType.Offer, "v=0 offer"), (offer.From, offer.Type, offer.Sdp));
        Assert.Equal([new IceCandidate("candidate:1", "0", 0)], (await NextAsync(atBob)).Candidates);
        var last = await NextAsync(atBob);
        Assert.Equal([new IceCandidate("candidate:2", "0", 0), new IceCandidate("")], last.Candidates);
        bob.Acknowledge(last);
        Assert.Equal([DeliveryStatus.Delivered, DeliveryStatus.Delivered, DeliveryStatus.Delivered], await Task.WhenAll(offering, trickling, flocking).Soon());
        _ = bob.SendAnswerAsync("alice", "v=0 answer");
        var answer = await NextAsync(atAlice);
        Assert.Equal((PeerMessageType.Answer, "v=0 answer"), (answer.Type, answer.Sdp));
    }

    [Fact]
    public async Task What_is_sent_to_a_peer_that_is_away_waits_for_it_in_order()
    {
        await using var node = await StartAsync();
        var alice = await ConnectAsync(node, "alice");

        var statuses = await Task.WhenAll(Enumerable.Range(1, 3).Select(number => alice.SendAsync("bob", JsonSerializer.SerializeToElement(number)))).Soon();
        var bob = await ConnectAsync(node, "bob");

        Assert.All(statuses, status => Assert.Equal(DeliveryStatus.Stored, status));
        await using var atBob = bob.ReceiveAsync().GetAsyncEnumerator();
        foreach (var number in (int[])[1, 2, 3])
        {
            var message = await NextAsync(atBob);
            Assert.Equal(number, message.Payload.GetInt32());
            Assert.NotNull(message.StoredAt);
        }
    }

    [Fact]
    public async Task A_client_asks_who_is_online_and_is_told_of_changes()
    {
        await using var node = await StartAsync();
        var alice = await ConnectAsync(node, "alice");
        var changes = System.Threading.Channels.Channel.CreateUnbounded<PeerStatus>();
        Assert.False(Assert.Single(await alice.WatchAsync(["bob"]).Soon()).IsOnline);
        alice.PresenceChanged += (_, status) => changes.Writer.TryWrite(status);

        await ConnectAsync(node, "bob");

        var change = await changes.Reader.ReadAsync().Soon();
        Assert.Equal(("bob", true), (change.PeerId, change.IsOnline));
        var page = await alice.GetPeersAsync(limit: 10).Soon();
        Assert.Equal(("bob", 1, null), (Assert.Single(page.Peers).PeerId, page.Total, page.Next));
        Assert.True((await alice.GetStatusAsync("bob").Soon()).IsOnline);
        Assert.False((await alice.GetStatusAsync("carol").Soon()).IsOnline);
    }

    [Fact]
    public async Task A_client_is_told_the_servers_for_its_peer_connections()
    {
        await using var node = await StartAsync("Turn:Urls:0=turn:turn.example.org:3478", "Turn:Secret=0123456789abcdef");
        var alice = await ConnectAsync(node, "alice");

        var answer = await alice.GetIceServersAsync().Soon();

        var server = Assert.Single(answer.Servers);
        Assert.Equal(TimeSpan.FromHours(1), answer.TimeToLive);
        Assert.Equal(["turn:turn.example.org:3478"], server.Urls);
        Assert.EndsWith(":alice", server.Username, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_last_client_that_registers_an_id_ends_the_one_before()
    {
        await using var node = await StartAsync();
        var first = await ConnectAsync(node, "alice");

        var second = await ConnectAsync(node, "alice");

        await Assert.ThrowsAsync<ReplacedException>(() => first.Completion.Soon());
        Assert.True(second.Registration!.IsReconnect);
    }

    [Fact]
    public async Task A_peer_that_holds_its_key_is_let_in_and_no_other()
    {
        await using var node = await StartAsync("Auth:Mode=Keys", "Auth:Keys:Audiences:0=127.0.0.1");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var own = PeerKey.FromECDsa(key);

        await ConnectAsync(node, own.PeerId, own);

        Assert.Equal("unauthorized", (await Assert.ThrowsAsync<UnauthorizedException>(() => ConnectAsync(node, own.PeerId, PeerKey.FromECDsa(other)))).Code);
        Assert.Equal("auth-required", (await Assert.ThrowsAsync<UnauthorizedException>(() => ConnectAsync(node, own.PeerId))).Code);
    }

    [Fact]
    public async Task A_message_that_is_too_large_is_refused_before_it_is_sent()
    {
        await using var node = await StartAsync("Connection:MaxMessageBytes=2000");
        var alice = await ConnectAsync(node, "alice");

        var refusal = await Assert.ThrowsAsync<SignalingException>(() => alice.SendOfferAsync("bob", new string('x', 2_000)).Soon());

        Assert.Equal("message-too-large", refusal.Code);
        Assert.Equal(DeliveryStatus.Stored, await alice.SendOfferAsync("bob", "v=0").Soon());
    }

    [Fact]
    public async Task A_client_that_goes_too_fast_slows_down_and_loses_nothing()
    {
        await using var node = await StartAsync("Limits:MessagesPerSecond=100", "Limits:MessageBurst=20");
        var alice = await ConnectAsync(node, "alice");

        var statuses = await Task.WhenAll(Enumerable.Range(1, 60).Select(number => alice.SendAsync("bob", JsonSerializer.SerializeToElement(number)))).Soon();
        var bob = await ConnectAsync(node, "bob");

        Assert.All(statuses, status => Assert.Equal(DeliveryStatus.Stored, status));
        await using var atBob = bob.ReceiveAsync().GetAsyncEnumerator();
        for (var number = 1; number <= 60; number++) Assert.Equal(number, (await NextAsync(atBob)).Payload.GetInt32());
    }

    /// <summary>The short form of <c>bench/endurance</c>.</summary>
    [Fact]
    public async Task Each_message_is_delivered_once_and_in_order_though_the_node_is_killed_and_links_are_cut()
    {
        var result = await EnduranceRun.RunAsync(new EndurancePlan(Messages: 600, Kills: 3, Cuts: 15, Seed: 7), _folder.PathOf(""));

        Assert.Equal(new DeliveryCount(Delivered: 600, Lost: 0, Duplicated: 0, Reordered: 0), result.Delivery);
        Assert.InRange(result.Registrations, 4 + 15, int.MaxValue); // so links really were cut
    }

    private static Task<NodeProcess> StartAsync(params string[] settings) => NodeProcess.StartAsync([.. settings.Select(setting => $"--set={setting}")]);

    private static async Task<PeerMessage> NextAsync(IAsyncEnumerator<PeerMessage> messages)
    {
        Assert.True(await messages.MoveNextAsync().Soon());
        return messages.Current;
    }

    private async Task<SignalingClient> ConnectAsync(NodeProcess node, string peer, PeerKey? key = null)
    {
        var client = new SignalingClient(new SignalingClientOptions { Server = node.Clients, PeerId = peer, Key = key });
        _clients.Add(client);
        await client.ConnectAsync().Soon();
        return client;
    }
}
