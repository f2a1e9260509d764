using Signaling.Node.Tests.Auth;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

/// <summary>Peer ids that are bound to keys, over takeovers and restarts.</summary>
public sealed class KeyTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly PeerKey _alice = PeerKey.Ed25519(), _mallory = PeerKey.P256();
    private NodeProcess _node = null!;

    public async Task InitializeAsync() => _node = await StartAsync();

    public async Task DisposeAsync()
    {
        await _node.DisposeAsync();
        _alice.Dispose();
        _mallory.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_first_key_keeps_the_id_its_mailbox_and_its_connection_also_after_a_restart()
    {
        await using (var alice = await ConnectAsync())
        {
            Assert.Equal("registered", (await RegisterAsync(alice, _alice, "alice")).Type);
            await using var thief = await ConnectAsync();
            Assert.Equal("unauthorized", (await RegisterAsync(thief, _mallory, "alice")).Value("code"));
            Assert.Equal(4003, (await thief.ClosedAsync()).Code);
            await alice.ExpectNothingElseAsync();
        }
        await using (var mallory = await ConnectAsync())
        {
            Assert.Equal("registered", (await RegisterAsync(mallory, _mallory, "mallory")).Type);
            await mallory.SendAsync("""{"type":"offer","to":"alice","n":1}""");
            await mallory.NextAsync("peer-offline");
        }

        await _node.DisposeAsync();
        _node = await StartAsync();

        await using var again = await ConnectAsync();
        Assert.Equal("unauthorized", (await RegisterAsync(again, _mallory, "alice")).Value("code"));
        await using var back = await ConnectAsync();
        Assert.Equal("registered", (await RegisterAsync(back, _alice, "alice")).Type);
        await back.NextAsync("offline-message");
    }

    [Fact]
    public async Task A_proof_that_was_seen_is_worth_nothing()
    {
        await using var alice = await ConnectAsync();
        var nonce = await ChallengeAsync(alice);
        var register = _alice.Register(_alice.Id, nonce);
        await alice.SendAsync(register);
        await alice.NextAsync("registered");

        await using var replay = await ConnectAsync();
        await ChallengeAsync(replay);
        await replay.SendAsync(register);
        Assert.Equal("unauthorized", (await replay.NextAsync("error")).Value("code"));

        await alice.SendAsync(register);                            // also on its own connection
        Assert.Equal("unauthorized", (await alice.NextAsync("error")).Value("code"));
    }

    [Fact]
    public async Task An_id_made_from_a_key_needs_no_memory_of_the_node()
    {
        await using var thief = await ConnectAsync();
        Assert.Equal("unauthorized", (await RegisterAsync(thief, _mallory, _alice.Id)).Value("code"));

        await using var alice = await ConnectAsync();
        Assert.Equal("registered", (await RegisterAsync(alice, _alice, _alice.Id)).Type);
    }

    private static async Task<string> ChallengeAsync(SignalingClient client)
    {
        await client.SendAsync("""{"type":"get-challenge"}""");
        return (await client.NextAsync("challenge")).Value("nonce")!;
    }

    private static async Task<Received> RegisterAsync(SignalingClient client, PeerKey key, string peer)
    {
        await client.SendAsync(key.Register(peer, await ChallengeAsync(client)));
        return await client.NextAnswerAsync();
    }

    private Task<SignalingClient> ConnectAsync() => SignalingClient.ConnectAsync(_node.Clients);

    private Task<NodeProcess> StartAsync() =>
        NodeProcess.StartAsync("--set", "Auth:Mode=Keys", "--set", $"Auth:Keys:Audiences:0={PeerKey.Audience}", "--set", $"Store:Directory={_folder.PathOf("data")}");
}
