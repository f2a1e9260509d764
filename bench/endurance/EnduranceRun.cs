using System.Text.Json;
using Signaling.Client;
using Signaling.Crash;

namespace Signaling.Endurance;

/// <summary>What a run does.</summary>
/// <param name="Messages">In all; rounded up to a multiple of the pairs of peers.</param>
/// <param name="Kills">How often the node is killed and started again.</param>
/// <param name="Cuts">How often a client's link is cut.</param>
/// <param name="Seed">Of every choice; not of the machine's own timing.</param>
internal sealed record EndurancePlan(int Messages, int Kills, int Cuts, int Seed);

/// <summary>How a run went.</summary>
/// <param name="Sent">Messages that were sent.</param>
/// <param name="Delivery">What became of them.</param>
/// <param name="Stored">Of them, those whose sender was told that they are kept.</param>
/// <param name="Registrations">How often clients registered, in all.</param>
internal sealed record EnduranceResult(int Sent, DeliveryCount Delivery, int Stored, int Registrations);

/// <summary>Clients that all write to each other, each over a link of its own, while the node is killed and links are cut at moments spread over the run.</summary>
internal static class EnduranceRun
{
    /// <summary>Messages from one peer to another that have no answer: few, so that those which arrive have been sent since the last disturbance.</summary>
    private const int Ahead = 8;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    private static readonly string[] Peers = ["alice", "bob", "carol", "dave"];

    /// <summary>A run without progress for so long has failed.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <param name="plan">What to do.</param>
    /// <param name="directory">The node's data directory, empty.</param>
    /// <param name="progress">Told after each kill and cut.</param>
    public static async Task<EnduranceResult> RunAsync(EndurancePlan plan, string directory, Action<string>? progress = null)
    {
        (string From, string To)[] pairs = [.. from sender in Peers from recipient in Peers where sender != recipient select (sender, recipient)];
        var each = (plan.Messages + pairs.Length - 1) / pairs.Length;
        var (random, log, registrations) = (new Random(plan.Seed), new DeliveryLog(), 0);
        using var node = new RunningNode(directory, []);
        await node.StartAsync();

        var links = Peers.Select(_ => new FlakyLink(() => node.Clients)).ToArray();
        var clients = Peers.Zip(links, (peer, link) => new SignalingClient(Options(peer, link.Clients))).ToArray();
        foreach (var client in clients) client.StateChanged += (_, change) =>
        {
            if (change.State == ConnectionState.Registered) Interlocked.Increment(ref registrations);
        };
        try
        {
            await Task.WhenAll(clients.Select(client => client.ConnectAsync())).WaitAsync(Patience);
            var receiving = Peers.Zip(clients, (peer, client) => ReceiveAsync(peer, client, log)).ToArray();
            var sending = pairs.Select(pair => SendAsync(clients[Array.IndexOf(Peers, pair.From)], pair.To, each)).ToArray();
            await DisturbAsync(plan, random, each * pairs.Length, log, node, links, clients, progress);
            var stored = await Task.WhenAll(sending).WaitAsync(Patience);
            await log.ReachesAsync(each * pairs.Length).WaitAsync(Patience);
            foreach (var client in clients) await client.DisposeAsync();
            await Task.WhenAll(receiving);
            return new EnduranceResult(each * pairs.Length, log.Count(pairs, each), stored.Sum(), registrations);
        }
        catch (TimeoutException)
        {
            return new EnduranceResult(each * pairs.Length, log.Count(pairs, each), 0, registrations);
        }
        finally
        {
            foreach (var client in clients) await client.DisposeAsync();
            foreach (var link in links) await link.DisposeAsync();
        }
    }

    private static SignalingClientOptions Options(string peer, Uri server) => new()
    {
        Server = server,
        PeerId = peer,
        Presence = PresenceScope.None,
        BackOffBase = TimeSpan.FromMilliseconds(50),
        BackOffLimit = TimeSpan.FromMilliseconds(500),
        OutboxCapacity = Ahead * Peers.Length,
    };

    /// <summary>Each thing happens once its part of the messages has arrived, so that all of them happen among messages.</summary>
    private static async Task DisturbAsync(EndurancePlan plan, Random random, int messages, DeliveryLog log, RunningNode node, FlakyLink[] links, SignalingClient[] clients, Action<string>? progress)
    {
        bool[] isKill = [.. Enumerable.Repeat(true, plan.Kills), .. Enumerable.Repeat(false, plan.Cuts)];
        random.Shuffle(isKill);
        for (var i = 0; i < isKill.Length; i++)
        {
            await log.ReachesAsync((int)((long)messages * (i + 1) / (isKill.Length + 1))).WaitAsync(Patience);
            if (isKill[i])
            {
                await node.KillAsync();
                await node.StartAsync();
            }
            else
            {
                var index = random.Next(links.Length);
                await CutAsync(links[index], clients[index], (CutKind)random.Next(4)).WaitAsync(Patience);
            }
            progress?.Invoke($"{i + 1} of {isKill.Length}: {(isKill[i] ? "killed" : "cut")}");
        }
    }

    /// <summary>A link that carries nothing cannot be cut: its client registers first.</summary>
    private static async Task CutAsync(FlakyLink link, SignalingClient client, CutKind kind)
    {
        while (client.State != ConnectionState.Registered || !await link.CutAsync(kind)) await Task.Delay(Pause);
    }

    /// <returns>How many were kept for a recipient that was away.</returns>
    private static async Task<int> SendAsync(SignalingClient client, string to, int count)
    {
        var (answers, stored) = (new Queue<Task<DeliveryStatus>>(), 0);
        for (var number = 1; number <= count; number++)
        {
            using var payload = JsonDocument.Parse($$"""{"number":{{number}},"text":"{{new string('x', number % 400)}}"}""");
            answers.Enqueue(client.SendAsync(to, payload.RootElement));
            if (answers.Count >= Ahead && await answers.Dequeue() == DeliveryStatus.Stored) stored++;
        }
        return stored + (await Task.WhenAll(answers)).Count(status => status == DeliveryStatus.Stored);
    }

    private static async Task ReceiveAsync(string peer, SignalingClient client, DeliveryLog log)
    {
        await foreach (var message in client.ReceiveAsync()) log.Add(message.From, peer, message.Payload.GetProperty("number").GetInt32());
    }
}
