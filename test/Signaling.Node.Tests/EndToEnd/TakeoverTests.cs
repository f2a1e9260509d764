using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

/// <summary>Announces a departure soon, and leaves a loaded machine's old sockets time to write out what they have.</summary>
public sealed class TakeoverNode() : NodeFixture("--set", "Presence:OfflineGrace=00:00:00.2", "--set", "Mailbox:TakeoverTimeout=00:00:10");

public sealed class TakeoverTests(TakeoverNode node) : NodeTests<TakeoverNode>(node)
{
    [Fact]
    public async Task A_thousand_messages_to_a_peer_that_replaces_its_socket_five_times_arrive_once_and_in_order()
    {
        var bob = Unique("bob");
        var watching = await RegisterAsync(Unique("observer"));
        var sender = await RegisterAsync(Unique("alice"));
        var sockets = new List<SignalingClient> { await RegisterAsync(bob) };

        for (var round = 0; round < 5; round++)
        {
            var sending = SendAsync(sender, bob, (200 * round) + 1, 200);
            sockets.Add(await RegisterAsync(bob));
            await sending;
        }

        var numbers = new List<long>();
        foreach (var old in sockets.SkipLast(1))
        {
            numbers.AddRange((await old.ReadToEndAsync()).Select(message => message.Relayed.Number("n")));
            Assert.Equal(new Closing(1000, "replaced"), await old.ClosedAsync());
        }
        while (numbers.Count < 1_000) numbers.Add((await sockets[^1].NextAsync()).Relayed.Number("n"));
        Assert.Equal(Enumerable.Range(1, 1_000).Select(n => (long)n), numbers);
        await sockets[^1].ExpectNothingElseAsync();
        await sender.ExpectNothingElseAsync();
        Assert.DoesNotContain(await PresenceUpToADepartureAsync(watching), presence => presence.Value("peerId") == bob && presence.Value("status") == "offline");
    }

    [Fact]
    public async Task Two_clients_that_keep_replacing_each_other_are_named_once_in_the_log_and_the_last_one_wins()
    {
        var bob = Unique("bob");
        var sender = await RegisterAsync(Unique("alice"));

        SignalingClient? last = null;
        for (var i = 0; i < 12; i++) last = await RegisterAsync(bob);

        Assert.EndsWith(
            $"Two clients keep replacing each other as peer {bob}; they are slowed down (told once a minute at most)",
            await Node.Process.OutputLineAsync(line => line.Contains("keep replacing", StringComparison.Ordinal)), StringComparison.Ordinal);
        await sender.SendAsync($$"""{"type":"offer","to":"{{bob}}"}""");
        await last!.NextAsync("offer");
        Assert.Single(Node.Process.Output, line => line.Contains("keep replacing", StringComparison.Ordinal));
    }

    private static async Task SendAsync(SignalingClient sender, string to, int first, int count)
    {
        for (var n = first; n < first + count; n++) await sender.SendAsync($$"""{"type":"offer","to":"{{to}}","n":{{n}}}""");
    }
}
