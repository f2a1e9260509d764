using CsCheck;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;
using Signaling.Testing;

namespace Signaling.Node.Tests.Storage.Postgres;

/// <summary>Several owners of a few mailboxes, on two nodes, in any order.</summary>
public sealed class PostgresFencingProperties(PostgresServer server) : PostgresSpecs(server)
{
    private static readonly Gen<Step[]> Steps = Gen.Select(
        Gen.Frequency((3, Gen.Const(Act.Open)), (8, Gen.Const(Act.Append)), (3, Gen.Const(Act.Remove)), (1, Gen.Const(Act.Number)), (1, Gen.Const(Act.Close))),
        Gen.Int[0, 1], Gen.Int[0, 2], Gen.Int[0, 3],
        (act, node, peer, owner) => new Step(act, node, peer, owner)).Array[1, 60];

    private PostgresNode[] _nodes = null!;
    private int _runs;
    private long _seq;

    private enum Act
    {
        Open, Append, Remove, Number, Close,
    }

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        _nodes = [await StartNodeAsync(), await StartNodeAsync()];
    }

    /// <summary>One after the other: each does what a model says.</summary>
    [Fact]
    public Task Only_the_newest_owner_writes() => Steps.SampleAsync(
        async steps =>
        {
            var mailboxes = NewMailboxes();
            foreach (var step in steps)
            {
                var mailbox = mailboxes[step.Peer];
                if (step.Act == Act.Open || mailbox.Owners.Count == 0)
                {
                    var opened = await _nodes[step.Node].Store.OpenAsync(mailbox.Peer);
                    Assert.Equal(mailbox.Content, opened.Messages.Select(message => message.Seq));
                    Assert.True(mailbox.Owners.TrueForAll(former => former.Generation < opened.Generation));
                    mailbox.Owners.Add(new MailboxOwner(mailbox.Peer, opened.Generation));
                    mailbox.IsOwned = true;
                    continue;
                }
                var owner = mailbox.Owners[^Math.Min(step.Owner + 1, mailbox.Owners.Count)];
                var isOwner = mailbox.IsOwned && owner == mailbox.Owners[^1];
                Assert.Equal(!isOwner, await IsFencedAsync(step, mailbox, owner, isOwner));
            }
            foreach (var mailbox in mailboxes) Assert.Equal(mailbox.Content, await SeqsAsync(_nodes[0], mailbox.Peer));
        },
        iter: 100, threads: 1, print: Print);

    /// <summary>At once: whoever opens a mailbox has all that former owners were told is kept, and nothing that they were told is not.</summary>
    [Fact]
    public Task Who_opens_a_mailbox_has_all_that_those_before_kept() => Steps.SampleAsync(
        async steps =>
        {
            var mailboxes = NewMailboxes();
            foreach (var mailbox in mailboxes) mailbox.Owners.Add(await OwnAsync(_nodes[0], mailbox.Peer));
            var openings = new List<(PeerId Peer, Task<OpenedMailbox> Opened)>();
            var appends = new List<(MailboxOwner Owner, long Seq, Task Kept)>();
            foreach (var step in steps)
            {
                var mailbox = mailboxes[step.Peer];
                foreach (var (_, opened) in openings.Where(opening => opening.Peer == mailbox.Peer && opening.Opened.IsCompleted))
                {
                    var known = new MailboxOwner(mailbox.Peer, (await opened).Generation);
                    if (!mailbox.Owners.Contains(known)) mailbox.Owners.Add(known);
                }
                var owner = mailbox.Owners[^Math.Min(step.Owner + 1, mailbox.Owners.Count)];
                if (step.Act == Act.Open) openings.Add((mailbox.Peer, _nodes[step.Node].Store.OpenAsync(mailbox.Peer).AsTask()));
                else appends.Add((owner, ++_seq, _nodes[step.Node].Store.AppendAsync(owner, [Message(_seq)]).AsTask()));
                if (step.Owner == 3) await Task.Yield();
            }
            foreach (var mailbox in mailboxes) openings.Add((mailbox.Peer, EndAsync(appends.Select(append => append.Kept), mailbox.Peer)));

            foreach (var (peer, opening) in openings)
            {
                var opened = await opening;
                var kept = new HashSet<long>();
                foreach (var append in appends.Where(append => append.Owner.Peer == peer && append.Owner.Generation < opened.Generation))
                {
                    if (!await IsFencedAsync(append.Kept)) kept.Add(append.Seq);
                }
                Assert.Equal(kept.Order(), opened.Messages.Select(message => message.Seq));
            }
        },
        iter: 200, threads: 1, print: Print);

    private static string Print(Step[] steps) => string.Join(", ", steps);

    private static async Task<bool> IsFencedAsync(Task write)
    {
        try
        {
            await write;
            return false;
        }
        catch (MailboxFencedException)
        {
            return true;
        }
    }

    private async Task<OpenedMailbox> EndAsync(IEnumerable<Task> calls, PeerId peer)
    {
        foreach (var call in calls) await IsFencedAsync(call);
        return await _nodes[0].Store.OpenAsync(peer);
    }

    private async Task<bool> IsFencedAsync(Step step, Mailbox mailbox, MailboxOwner owner, bool isOwner)
    {
        var (store, database) = (_nodes[step.Node].Store, _nodes[step.Node].Database);
        switch (step.Act)
        {
            case Act.Append:
                if (isOwner) mailbox.Content.Add(++_seq);
                return await IsFencedAsync(store.AppendAsync(owner, [Message(_seq)]).AsTask());
            case Act.Remove:
                var seq = mailbox.Content.Count == 0 ? 0 : mailbox.Content[step.Owner % mailbox.Content.Count];
                if (isOwner) mailbox.Content.Remove(seq);
                return await IsFencedAsync(store.RemoveAsync(owner, [seq]).AsTask());
            case Act.Number:
                return await IsFencedAsync(store.NextGenerationAsync(owner).AsTask());
            default:
                database.Close(owner);
                await database.KeepHouseOnceAsync();
                if (isOwner) mailbox.IsOwned = false;
                return !isOwner;
        }
    }

    private Mailbox[] NewMailboxes()
    {
        var run = ++_runs;
        return [.. Enumerable.Range(0, 3).Select(i => new Mailbox(Peer($"{run}-{i}")))];
    }

    private readonly record struct Step(Act Act, int Node, int Peer, int Owner);

    /// <summary>What the model knows of one.</summary>
    private sealed class Mailbox(PeerId peer)
    {
        public PeerId Peer => peer;

        public List<MailboxOwner> Owners { get; } = [];

        public List<long> Content { get; } = [];

        public bool IsOwned { get; set; }
    }
}
