using CsCheck;
using Signaling.ClusterFaults.Histories;

namespace Signaling.Cluster.Tests.Histories;

public sealed class HistoryProperties
{
    private static readonly (ViolationKind Kind, Func<List<HistoryEvent>, Random, bool> Mutate)[] Mutations =
    [
        (ViolationKind.Lost, Lose),
        (ViolationKind.Invented, (history, _) => Append(history, new Received("bob", "alice", 9_999, 9_999))),
        (ViolationKind.Unasked, (history, _) => Append(history, new Answered("alice", "bob", 9_999, Outcome.Stored))),
        (ViolationKind.Duplicated, Repeat),
        (ViolationKind.Reordered, Swap),
        (ViolationKind.SeqReused, ReuseSeq),
        (ViolationKind.DoubleOwner, WriteLate),
        (ViolationKind.DoubleOwner, WriteElsewhere),
    ];

    [Fact]
    public void What_a_mailbox_may_do_is_valid() => Gen.Int.Sample(seed => Assert.Empty(HistoryChecker.Check(RandomHistory.Of(new Random(seed))).Violations), iter: 500);

    [Fact]
    public void Whatever_is_done_to_a_valid_history_is_found_and_named()
    {
        var done = new int[Mutations.Length];
        Gen.Select(Gen.Int, Gen.Int[0, Mutations.Length - 1]).Sample(
            (seed, which) =>
            {
                var (random, mutation) = (new Random(seed), Mutations[which]);
                var history = RandomHistory.Of(random);
                if (!mutation.Mutate(history, random)) return;
                Interlocked.Increment(ref done[which]);
                Assert.Contains(mutation.Kind, HistoryChecker.Check(history).Violations.Select(violation => violation.Kind));
            },
            iter: 4_000);

        Assert.All(done, count => Assert.InRange(count, 50, int.MaxValue));
    }

    private static bool Append(List<HistoryEvent> history, HistoryEvent happening)
    {
        history.Add(happening);
        return true;
    }

    private static bool Lose(List<HistoryEvent> history, Random random)
    {
        if (Any(history.OfType<Answered>(), random) is not { } answered) return false;
        history.RemoveAll(happening => happening is Received received && (received.From, received.Peer, received.Number) == (answered.From, answered.To, answered.Number));
        return true;
    }

    private static bool Repeat(List<HistoryEvent> history, Random random) =>
        Any(history.OfType<Received>().Where(received => received.Peer == RandomHistory.Client), random) is { } received && Append(history, received);

    /// <summary>Of two messages that came for the first time the later takes the place of the earlier, and the other way round.</summary>
    private static bool Swap(List<HistoryEvent> history, Random random)
    {
        var first = history.OfType<Received>().DistinctBy(received => (received.From, received.Peer, received.Number)).Where(received => received.From != RandomHistory.Original);
        if (Any(first.GroupBy(received => (received.From, received.Peer)).Where(pair => pair.Count() > 1), random) is not { } pair) return false;
        Received[] came = [.. pair];
        var index = random.Next(came.Length - 1);
        var (earlier, later) = (came[index], came[index + 1]);
        var (here, there) = (history.FindIndex(happening => ReferenceEquals(happening, earlier)), history.FindIndex(happening => ReferenceEquals(happening, later)));
        (history[here], history[there]) = (earlier with { Number = later.Number }, later with { Number = earlier.Number });
        return true;
    }

    private static bool ReuseSeq(List<HistoryEvent> history, Random random)
    {
        var first = history.OfType<Received>().Where(received => received.Seq is not null).DistinctBy(received => (received.From, received.Peer, received.Number)).ToArray();
        if (Any(first.Where(received => first.Any(other => other.Peer == received.Peer && other.Seq < received.Seq)), random) is not { } received) return false;
        history.RemoveAll(happening => happening is Received other && other.Peer == received.Peer && other.Seq == received.Seq && !ReferenceEquals(other, received));
        history[history.FindIndex(happening => ReferenceEquals(happening, received))] = received with { Seq = 1 };
        return true;
    }

    private static bool WriteLate(List<HistoryEvent> history, Random random)
    {
        if (Any(history.OfType<Owned>().Where(owned => owned.Act == OwnerAct.Opened), random) is not { } opened) return false;
        var former = history.OfType<Owned>().TakeWhile(owned => !ReferenceEquals(owned, opened)).LastOrDefault(owned => owned.Peer == opened.Peer && owned.Act == OwnerAct.Opened);
        if (former is null) return false;
        history.Insert(history.FindIndex(happening => ReferenceEquals(happening, opened)) + 1, former with { Act = OwnerAct.Wrote, Node = opened.Node });
        return true;
    }

    private static bool WriteElsewhere(List<HistoryEvent> history, Random random)
    {
        if (Any(history.OfType<Owned>().Where(owned => owned.Act == OwnerAct.Opened), random) is not { } opened) return false;
        history.Insert(history.FindIndex(happening => ReferenceEquals(happening, opened)) + 1, opened with { Act = OwnerAct.Wrote, Node = "another" });
        return true;
    }

    private static T? Any<T>(IEnumerable<T> all, Random random)
        where T : class
    {
        T[] some = [.. all];
        return some.Length == 0 ? null : some[random.Next(some.Length)];
    }
}
