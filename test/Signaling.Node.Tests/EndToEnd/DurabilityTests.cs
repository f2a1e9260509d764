using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

/// <summary>What a sender was told is kept comes, whatever happens to the node in between.</summary>
public sealed class DurabilityTests : IDisposable
{
    private const int Kill = 9;
    private const int Terminate = 15;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Terminate)]
    [InlineData(Kill)]
    public async Task Kept_messages_outlive_the_node(int signal)
    {
        await using (var node = await StartAsync())
        {
            await using var alice = await SignalingClient.ConnectAsync(node.Clients);
            await alice.RegisterAsync("alice");
            for (var n = 1; n <= 3; n++) await alice.SendAsync($$"""{"type":"offer","to":"bob","n":{{n}}}""");
            await alice.NextAsync("peer-offline", 3);
            node.Signal(signal);
            await node.ExitCodeAsync();
        }

        await using var again = await StartAsync();
        await using var bob = await SignalingClient.ConnectAsync(again.Clients);
        await bob.RegisterAsync("bob");
        var messages = await bob.NextAsync("offline-message", 3);
        await bob.ExpectNothingElseAsync();

        Assert.Equal([1, 2, 3], messages.Select(message => message.Inner("originalMessage").Number("n")));
    }

    [Fact]
    public async Task Messages_that_were_delivered_do_not_come_again_after_a_restart()
    {
        await using (var node = await StartAsync())
        {
            await using var alice = await SignalingClient.ConnectAsync(node.Clients);
            await alice.RegisterAsync("alice");
            await alice.SendAsync("""{"type":"offer","to":"bob"}""");
            await alice.NextAsync("peer-offline");
            await using var bob = await SignalingClient.ConnectAsync(node.Clients);
            await bob.RegisterAsync("bob");
            await bob.NextAsync("offline-message");
            await bob.ExpectNothingElseAsync();                     // and has answered the ping behind the message
            await bob.CloseAsync();
            node.Signal(Terminate);
            Assert.Equal(0, await node.ExitCodeAsync());
        }

        await using var again = await StartAsync();
        await using var bobAgain = await SignalingClient.ConnectAsync(again.Clients);
        await bobAgain.RegisterAsync("bob");

        await bobAgain.ExpectNothingElseAsync();
    }

    [Fact]
    public async Task On_a_full_disk_senders_are_told_and_all_goes_on_once_there_is_room()
    {
        await using var node = await StartAsync("--set", "Store:MaxDatabaseBytes=1048576");
        await using var alice = await SignalingClient.ConnectAsync(node.Clients);
        await alice.RegisterAsync("alice");
        var large = $$"""{"type":"offer","to":"bob","sdp":"{{new string('x', 200_000)}}"}""";

        var kept = 0;
        Received answer;
        do
        {
            await alice.SendAsync(large);
            answer = await alice.NextAnswerAsync();
        }
        while (answer.Type == "peer-offline" && ++kept < 100);
        await alice.SendAsync("""{"type":"offer","to":"alice","n":1}"""); // what needs no disk
        await alice.NextAsync("offer");
        await using var bob = await SignalingClient.ConnectAsync(node.Clients);
        await bob.RegisterAsync("bob");
        await bob.NextAsync("offline-message", kept);
        await bob.ExpectNothingElseAsync();
        await bob.CloseAsync();
        await alice.NextPresenceAsync("bob", "online");
        await alice.NextPresenceAsync("bob", "offline");
        await alice.SendAsync(large);

        Assert.Equal(("error", "store-unavailable"), (answer.Type, answer.Value("code")));
        Assert.InRange(kept, 2, 5);
        await alice.NextAsync("peer-offline");
    }

    [Fact]
    public async Task Kept_in_memory_they_go_with_the_node_and_nothing_is_written()
    {
        await using var node = await NodeProcess.StartAsync("--set", "Store:Kind=Memory", "--set", $"Store:Directory={_folder.PathOf("data")}");
        await using var alice = await SignalingClient.ConnectAsync(node.Clients);
        await alice.RegisterAsync("alice");

        await alice.SendAsync("""{"type":"offer","to":"bob"}""");
        await alice.NextAsync("peer-offline");

        Assert.False(Directory.Exists(_folder.PathOf("data")));
    }

    private Task<NodeProcess> StartAsync(params string[] arguments) => NodeProcess.StartAsync(["--set", $"Store:Directory={_folder.PathOf("data")}", .. arguments]);
}
