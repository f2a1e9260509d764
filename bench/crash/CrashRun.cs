using System.Net.Http.Json;
using System.Text.Json;

namespace Signaling.Crash;

/// <summary>What a run does.</summary>
/// <param name="Kills">How often the node is killed.</param>
/// <param name="Seed">Of every choice; not of the machine's own timing.</param>
/// <param name="Settings">The node's, such as <c>Store:Kind=Memory</c>.</param>
internal sealed record CrashPlan(int Kills, int Seed, params IReadOnlyList<string> Settings);

/// <summary>How a run went.</summary>
/// <param name="Delivery">What became of its messages.</param>
/// <param name="SentAgain">Messages that senders sent once more.</param>
/// <param name="Ignored">Messages that came again, and that recipients ignored.</param>
/// <param name="Refused">Messages that were answered by an error.</param>
/// <param name="Complaints">What the node logged, from warnings up.</param>
internal sealed record CrashResult(DeliveryReport Delivery, int SentAgain, int Ignored, int Refused, IReadOnlyList<string> Complaints);

/// <summary>Senders and recipients, and a node that is killed at random moments and starts again on the same data directory; in the end everything is drained and checked.</summary>
internal static class CrashRun
{
    private const int Senders = 4;
    private const int Recipients = 6;
    private static readonly TimeSpan DrainPatience = TimeSpan.FromMinutes(2);

    /// <param name="plan">What to do.</param>
    /// <param name="directory">The node's data directory, empty.</param>
    /// <param name="progress">Told after each kill.</param>
    public static async Task<CrashResult> RunAsync(CrashPlan plan, string directory, Action<int> progress)
    {
        var (random, checker) = (new Random(plan.Seed), new DeliveryChecker());
        using var node = new RunningNode(directory, plan.Settings);
        string[] ids = [.. Enumerable.Range(1, Recipients).Select(n => $"recipient-{n}")];
        Recipient[] recipients = [.. ids.Select((id, i) => new Recipient(id, acks: i % 2 == 0, new Random(random.Next()), node, checker))];
        Sender[] senders = [.. Enumerable.Range(1, Senders).Select(n => new Sender($"sender-{n}", ids, new Random(random.Next()), node, checker))];
        using var finish = new CancellationTokenSource();
        using var drain = new CancellationTokenSource();
        var sending = Task.WhenAll(senders.Select(sender => sender.RunAsync(finish.Token)));
        var receiving = Task.WhenAll(recipients.Select(recipient => recipient.RunAsync(drain.Token)));
        try
        {
            for (var kill = 1; kill <= plan.Kills; kill++)
            {
                await LiveAsync(node, random);
                await node.KillAsync();
                progress(kill);
            }
            await node.StartAsync();
            await finish.CancelAsync();
            await sending.WaitAsync(DrainPatience);
            await drain.CancelAsync();
            await receiving.WaitAsync(DrainPatience);
            await NothingIsLeftAsync(node);
        }
        finally
        {
            foreach (var recipient in recipients) recipient.Dispose();
        }
        return new CrashResult(
            checker.Check(), senders.Sum(sender => sender.SentAgain), recipients.Sum(recipient => recipient.Ignored), senders.Sum(sender => sender.Refused), node.Complaints);
    }

    /// <summary>One life of the node. Some end before it is ready.</summary>
    private static async Task LiveAsync(RunningNode node, Random random)
    {
        var starting = node.StartAsync();
        if (random.Next(10) == 0)
        {
            await Task.Delay(random.Next(1_000));
            _ = starting.ContinueWith(start => start.Exception, TaskScheduler.Default);
            return;
        }
        await starting;
        await Task.Delay(random.Next(20, 900));
    }

    /// <summary>The recipients have confirmed everything, and the mailboxes are empty.</summary>
    private static async Task NothingIsLeftAsync(RunningNode node)
    {
        using var http = new HttpClient();
        for (var i = 0; i < 100; i++)
        {
            var stats = await http.GetFromJsonAsync<JsonElement>(new Uri(node.Management, "/stats"));
            if (stats.GetProperty("offlineMessagesQueued").GetInt64() == 0) return;
            await Task.Delay(100);
        }
        throw new InvalidOperationException("The mailboxes are not empty, though everything was drained.");
    }
}
