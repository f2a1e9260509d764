using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Mailboxes;

/// <summary>What callers of a store heard, in the order of their calls, beside what its database did: the reference that both must fit.</summary>
internal sealed class StoreHistory(FakeDatabase database)
{
    public List<StoreCallRecord> Calls { get; } = [];

    /// <summary>When the store is closed.</summary>
    public void Check()
    {
        foreach (var call in Calls) Require(!call.IsLive, $"{call}, although the store is closed");
        foreach (var write in Calls.Where(call => call.Content is not null)) CheckWrite(write);
        foreach (var opening in Calls.Where(call => call.IsOpening)) CheckOpening(opening);
        CheckGenerations();
        CheckOrder();
        CheckTotals();
    }

    public void Require(bool holds, string otherwise)
    {
        if (!holds) Assert.Fail($"{otherwise}\n{this}");
    }

    public async Task RequireSoonAsync(Task task, string otherwise)
    {
        try
        {
            await task.Soon();
        }
        catch (TimeoutException)
        {
            Require(false, otherwise);
        }
    }

    public override string ToString() => string.Join('\n', ["Calls:", .. Calls.Select(call => $"  {call}"), "Commits:", .. database.Commits.Select(commit => $"  {Describe(commit)}")]);

    private static bool Has(FakeDatabase.Held commit, StoreCallRecord call) => commit.Writes.Any(write => StoreCallRecord.ContentOf(write) == call.Content);

    private bool IsKept(StoreCallRecord call) => database.Commits.Any(commit => commit.IsKept && Has(commit, call));

    /// <summary>One that succeeded happened once; one that failed did not, but for one that was under way when its caller gave up.</summary>
    private void CheckWrite(StoreCallRecord call)
    {
        var tried = database.Commits.Count(commit => Has(commit, call));
        var kept = database.Commits.Count(commit => commit.IsKept && Has(commit, call));
        switch (call)
        {
            case { IsRefused: true }: Require(tried == 0, $"{call}, but it was tried"); break;
            case { IsNeverToHappen: true }: Require(tried == 0, $"{call}, but it was tried later"); break;
            case { IsLate: true }: Require(kept <= 1, $"{call}, but it has happened {kept} times"); break;
            case { Failure: null }: Require(kept == 1, $"{call}, but it has happened {kept} times"); break;
            case { Failure: InvalidDataException, IsPoisoned: true }: Require(kept == 0 && tried > 0, $"{call}, but it was tried {tried} times and has happened {kept} times"); break;
            case { Failure: MailboxStoreException { Message: "disk full" } }: Require(kept == 0 && tried > 0, $"{call}, but it was tried {tried} times and has happened {kept} times"); break;
            default: Require(false, $"{call}, for no reason"); break;
        }
        Require(tried <= 2, $"{call}, but it was tried {tried} times");
        var isTriedInVain = database.Commits.SkipWhile(commit => !(commit.Cause is MailboxStoreException && Has(commit, call))).Skip(1).Any(commit => Has(commit, call));
        Require(!isTriedInVain, $"{call}, but it was tried after the database had said that it cannot write");
    }

    /// <summary>It sees every write made before it which is ever kept, and none made after it.</summary>
    private void CheckOpening(StoreCallRecord call)
    {
        if (call.IsRefused) return;
        if (call.IsLate || call.ReadFailure is not null)
        {
            Require(call.IsLate ? call.HasTimedOut : call.Failure == call.ReadFailure, $"{call}, for no reason");
            return;
        }
        Require(call.Failure is null, $"{call}, for no reason");
        var expected = Content(call.Peer, Calls.TakeWhile(other => other != call));
        var read = ((Task<OpenedMailbox>)call.Answer).Result.Messages.Select(message => message.Seq);
        Require(expected.SequenceEqual(read), $"{call}, but the mailbox held [{string.Join(' ', expected)}]");
    }

    private void CheckGenerations()
    {
        foreach (var call in Calls.Where(call => call.Generation is not null))
        {
            Require(call.Generation > call.HighestBefore, $"{call}, but {call.HighestBefore} had been answered before");
            Require(Calls.TrueForAll(other => other == call || other.Generation != call.Generation), $"{call}, which another has too");
        }
        foreach (var mailbox in Calls.Where(call => call is { IsOpening: true, Generation: not null }).GroupBy(call => call.Peer))
        {
            var generations = mailbox.Select(call => call.Generation).ToArray();
            Require(generations.SequenceEqual(generations.Order()), $"the openings of {mailbox.Key} had the generations {string.Join(' ', generations)}");
        }
    }

    /// <summary>What is kept of a mailbox was kept in the order of the calls.</summary>
    private void CheckOrder()
    {
        var kept = database.Commits.Where(commit => commit.IsKept).SelectMany(commit => commit.Writes).ToArray();
        foreach (var writes in kept.GroupBy(write => write.Peer))
        {
            var places = writes.Select(write => Calls.FindIndex(call => call.Content == StoreCallRecord.ContentOf(write))).ToArray();
            Require(places.SequenceEqual(places.Order()), $"the writes of {writes.Key} were kept in the order {string.Join(' ', places.Select(place => $"#{place + 1}"))}");
        }
    }

    private void CheckTotals()
    {
        var count = 0;
        foreach (var peer in Calls.Select(call => call.Peer).Distinct())
        {
            var (expected, held) = (Content(peer, Calls), database.Content(peer).Select(message => message.Seq).ToArray());
            Require(expected.SequenceEqual(held), $"mailbox {peer} holds [{string.Join(' ', held)}] instead of [{string.Join(' ', expected)}]");
            count += expected.Count;
        }
        Require(database.Totals == new MailboxTotals(count, 2 * count), $"{database.Totals} instead of {count} messages");
    }

    /// <summary>What these calls leave in a mailbox: those of them that happened, one after the other.</summary>
    private List<long> Content(PeerId peer, IEnumerable<StoreCallRecord> calls)
    {
        var seqs = new List<long>();
        foreach (var call in calls.Where(call => call.Peer == peer && IsKept(call)))
        {
            if (call.Content is StoredMessage[] messages) seqs.AddRange(messages.Select(message => message.Seq));
            if (call.Content is long[] removed) seqs.RemoveAll(removed.Contains);
        }
        return seqs;
    }

    private string Describe(FakeDatabase.Held commit) =>
        $"{string.Join(' ', commit.Writes.Select(write => $"#{Calls.FindIndex(call => call.Content == StoreCallRecord.ContentOf(write)) + 1}"))}: {(commit.IsKept ? "kept" : "not kept")}";
}
