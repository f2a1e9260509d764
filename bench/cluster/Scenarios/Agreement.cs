using System.Diagnostics;
using Signaling.ClusterFaults.Processes;
using Signaling.Crash;

namespace Signaling.ClusterFaults.Scenarios;

/// <summary>What the nodes of a cluster that is whole again say of who is here.</summary>
internal static class Agreement
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Completes when every node lists exactly these peers.</summary>
    /// <exception cref="InvalidOperationException">They do not agree.</exception>
    public static async Task ReachAsync(IReadOnlyList<ClusterNode> nodes, IReadOnlySet<string> peers)
    {
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(100))
        {
            var lists = new List<HashSet<string>>();
            foreach (var node in nodes) lists.Add(await ListAsync(node));
            if (lists.All(peers.SetEquals)) return;
            if (clock.Elapsed > Patience) throw new InvalidOperationException($"The nodes do not agree on who is here: {string.Join("; ", nodes.Zip(lists, (node, list) => Difference(node, list, peers)))}.");
        }
    }

    private static async Task<HashSet<string>> ListAsync(ClusterNode node)
    {
        var listed = new HashSet<string>();
        using var connection = await Connection.OpenAsync(node.Clients, incarnation: 0, Patience) ?? throw new InvalidOperationException($"{node.Name} does not answer.");
        await connection.SendAsync($$"""{"type":"register","peerId":"observer of {{node.Name}}","presence":"none"}""");
        for (string? after = ""; after is not null;)
        {
            await connection.SendAsync($$"""{"type":"get-peers","limit":1000{{(after.Length == 0 ? "" : $",\"after\":\"{after}\"")}}}""");
            while (true)
            {
                var answer = await connection.ReadAsync() ?? throw new InvalidOperationException($"{node.Name} does not answer.");
                if (!answer.GetProperty("type").ValueEquals("peers-list")) continue;
                foreach (var peer in answer.GetProperty("peers").EnumerateArray()) listed.Add(peer.GetProperty("peerId").GetString()!);
                after = answer.TryGetProperty("next", out var next) ? next.GetString() : null;
                break;
            }
        }
        await connection.SendAsync("""{"type":"unregister"}""");
        listed.RemoveWhere(peer => peer.StartsWith("observer of ", StringComparison.Ordinal));
        return listed;
    }

    private static string Difference(ClusterNode node, HashSet<string> listed, IReadOnlySet<string> peers)
    {
        string[] missing = [.. peers.Except(listed)], surplus = [.. listed.Except(peers)];
        return $"{node.Name} lists {listed.Count}, without {missing.Length} that are here ({string.Join(", ", missing.Take(5))}), with {surplus.Length} that are not ({string.Join(", ", surplus.Take(5))})";
    }
}
