namespace Signaling.ClusterFaults.Histories;

/// <summary>How long peers that were connected could not be reached, or had no connection, for each fault of a history.</summary>
internal static class Disturbances
{
    private static readonly FaultKind[] Disturbing = [FaultKind.Killed, FaultKind.Terminated, FaultKind.Stopped, FaultKind.Parted];

    /// <remarks>A fault's time goes until the next one begins; what goes on longer counts for both, with the part in each.</remarks>
    public static IReadOnlyList<Disturbance> Of(IReadOnlyList<HistoryEvent> history)
    {
        if (history.Count == 0) return [];
        var end = history[^1].At;
        Outage[] unreachable = [.. Unreachable(history, end)];
        Outage[] disconnected = [.. Disconnected(history, end)];
        Fault[] faults = [.. history.OfType<Fault>().Where(fault => Disturbing.Contains(fault.Kind))];
        return [.. faults.Select((fault, i) =>
        {
            var until = i + 1 < faults.Length ? faults[i + 1].At : end;
            return new Disturbance(
                $"{fault.Kind} {fault.Node} at {fault.At / 1e9:0.0} s", SpreadOf(unreachable, fault.At, until), SpreadOf(disconnected, fault.At, until), AfterVerdict(history, fault, until));
        })];
    }

    /// <summary>A measuring message that was due and has not come: neither it nor a later one of its sender.</summary>
    private static IEnumerable<Outage> Unreachable(IReadOnlyList<HistoryEvent> history, long end)
    {
        var due = new Dictionary<(string From, string To), SortedDictionary<int, long>>();
        var came = new Dictionary<(string From, string To, int Number), long>();
        foreach (var happening in history)
        {
            if (happening is Sent { Due: { } at } sent)
            {
                if (!due.TryGetValue((sent.From, sent.To), out var pair)) due.Add((sent.From, sent.To), pair = []);
                pair.TryAdd(sent.Number, at);
            }
            else if (happening is Received received)
            {
                came.TryAdd((received.From, received.Peer, received.Number), received.At);
            }
        }
        foreach (var (pair, numbers) in due)
        {
            var until = end;
            foreach (var (number, at) in numbers.Reverse())
            {
                until = Math.Min(until, came.GetValueOrDefault((pair.From, pair.To, number), end));
                yield return new Outage(pair.To, at, until);
            }
        }
    }

    private static IEnumerable<Outage> Disconnected(IReadOnlyList<HistoryEvent> history, long end)
    {
        var lost = new Dictionary<string, Parted>();
        var newest = new Dictionary<string, int>();
        foreach (var happening in history)
        {
            if (happening is Parted { IsLeave: false } parted && newest.GetValueOrDefault(parted.Peer) == parted.Connection) lost.TryAdd(parted.Peer, parted);
            if (happening is not Registered registered) continue;
            newest[registered.Peer] = registered.Connection;
            if (lost.Remove(registered.Peer, out var former)) yield return new Outage(registered.Peer, former.At, registered.At);
        }
        foreach (var (peer, former) in lost) yield return new Outage(peer, former.At, end);
    }

    private static Spread SpreadOf(Outage[] outages, long from, long until)
    {
        (string Peer, long Length)[] peers = [.. outages
            .Select(outage => (outage.Peer, Length: Math.Min(outage.Until, until) - Math.Max(outage.From, from)))
            .Where(outage => outage.Length > 0)
            .GroupBy(outage => outage.Peer, (peer, all) => (peer, all.Max(outage => outage.Length)))
            .OrderBy(peer => peer.Item2)];
        return peers.Length == 0
            ? new Spread(0, TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero, null)
            : new Spread(peers.Length, Time(peers[peers.Length / 2].Length), Time(peers[peers.Length * 99 / 100].Length), Time(peers[^1].Length), peers[^1].Peer);
    }

    private static TimeSpan? AfterVerdict(IReadOnlyList<HistoryEvent> history, Fault fault, long until)
    {
        if (fault.Kind != FaultKind.Killed) return null;
        var verdict = history.OfType<Fault>().FirstOrDefault(later => later.At > fault.At && later.At < until && later.Kind == FaultKind.Unreachable && later.Node == fault.Node);
        if (verdict is null) return null;

        var at = new Dictionary<string, string>();
        var measured = new HashSet<string>();
        foreach (var happening in history.TakeWhile(earlier => earlier.At <= fault.At))
        {
            if (happening is Registered registered) at[registered.Peer] = registered.Node;
            else if (happening is Sent { Due: not null } sent) measured.Add(sent.To);
        }
        var waiting = at.Where(peer => peer.Value == fault.Node && measured.Contains(peer.Key)).Select(peer => peer.Key).ToHashSet();
        if (waiting.Count == 0) return null;

        var back = new HashSet<string>();
        var last = verdict.At;
        foreach (var happening in history.SkipWhile(earlier => earlier.At <= fault.At))
        {
            if (happening is Registered registered) back.Add(registered.Peer);
            else if (happening is Received received && back.Contains(received.Peer) && waiting.Remove(received.Peer)) last = Math.Max(last, received.At);
        }
        return Time((waiting.Count == 0 ? last : history[^1].At) - verdict.At);
    }

    private static TimeSpan Time(long nanoseconds) => TimeSpan.FromMicroseconds(nanoseconds / 1_000.0);

    private sealed record Outage(string Peer, long From, long Until);
}
