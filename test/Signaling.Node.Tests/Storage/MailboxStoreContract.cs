using System.Text;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Node.Tests.Storage;

/// <summary>What every <see cref="IMailboxStore"/> does.</summary>
public abstract class MailboxStoreContract : IAsyncLifetime
{
    protected static readonly PeerId Alice = Peer("alice");
    protected static readonly PeerId Bob = Peer("bob");
    protected static readonly DateTimeOffset Noon = new(2026, 11, 25, 12, 0, 0, 0, TimeSpan.Zero);

    protected IMailboxStore Store { get; private set; } = null!;

    /// <summary>Called once for each test.</summary>
    protected abstract ValueTask<IMailboxStore> StartAsync();

    public async Task InitializeAsync() => Store = await StartAsync();

    public virtual Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_mailbox_that_nobody_wrote_to_is_empty()
    {
        var opened = await Store.OpenAsync(Bob);

        Assert.Empty(opened.Messages);
        Assert.InRange(opened.Generation, 1, (1L << 41) - 1);
        Assert.Equal(new MailboxTotals(0, 0), Store.Totals);
    }

    [Fact]
    public async Task What_was_appended_is_there_to_the_byte_and_in_order()
    {
        var messages = new[]
        {
            new StoredMessage(4_097, Alice, default, Noon, """{"type":"offer","sdp":"ü\u0000🎈"}"""u8.ToArray()),
            new StoredMessage(4_098, Peer("Кевин \U0001F388"), "\"m-1\""u8.ToArray(), Noon.AddMilliseconds(1), Enumerable.Range(0, 70_000).Select(i => (byte)i).ToArray().AsMemory(3, 69_000)),
            new StoredMessage((1L << 53) - 1, Alice, "7"u8.ToArray(), DateTimeOffset.UnixEpoch, "{}"u8.ToArray()),
        };

        var bob = await OwnAsync(Bob);

        await Store.AppendAsync(bob, messages[..2]);
        await Store.AppendAsync(bob, messages[2..]);

        AssertSame(messages, (await Store.OpenAsync(Bob)).Messages);
        Assert.Equal(new MailboxTotals(3, messages.Sum(message => message.Json.Length)), Store.Totals);
    }

    [Fact]
    public async Task Calls_that_are_not_awaited_take_effect_in_their_order()
    {
        var bob = await OwnAsync(Bob);
        var opened = new List<OpenedMailbox>();
        for (var round = 0; round < 20; round++)
        {
            var calls = new List<Task>();
            for (var seq = (round * 10) + 1; seq <= (round + 1) * 10; seq++)
            {
                calls.Add(Store.AppendAsync(bob, [Message(seq)]).AsTask());
                if (seq % 3 == 0) calls.Add(Store.RemoveAsync(bob, [seq - 1]).AsTask());
            }
            var opening = Store.OpenAsync(Bob).AsTask();
            await Task.WhenAll(calls);
            opened.Add(await opening);
            bob = new MailboxOwner(Bob, opened[^1].Generation);
        }

        var generations = opened.Select(mailbox => mailbox.Generation).ToArray();
        Assert.Equal(generations.Order().Distinct(), generations);
        Assert.All(opened, (mailbox, index) => Assert.Equal(
            Enumerable.Range(1, (index + 1) * 10).Where(seq => seq % 3 != 2 || seq == (index + 1) * 10).Select(seq => (long)seq), Seqs(mailbox)));
    }

    [Fact]
    public async Task Removed_messages_are_gone_and_the_others_keep_their_order()
    {
        var bob = await OwnAsync(Bob);
        await Store.AppendAsync(bob, [Message(1), Message(2), Message(3), Message(4)]);

        await Store.RemoveAsync(bob, [1, 3]);

        Assert.Equal([2, 4], Seqs(await Store.OpenAsync(Bob)));
        Assert.Equal(2, Store.Totals.Messages);
        Assert.Equal(Message(2).Json.Length + Message(4).Json.Length, Store.Totals.Bytes);
    }

    [Fact]
    public async Task Removing_what_is_not_there_is_no_error()
    {
        var bob = await OwnAsync(Bob);
        await Store.AppendAsync(bob, [Message(1)]);

        await Store.RemoveAsync(bob, [7, 8]);
        await Store.RemoveAsync(await OwnAsync(Alice), [1]);
        await Store.RemoveAsync(bob, []);
        await Store.AppendAsync(bob, []);

        Assert.Equal([1], Seqs(await Store.OpenAsync(Bob)));
        Assert.Equal(1, Store.Totals.Messages);
    }

    [Fact]
    public async Task A_mailbox_knows_its_own_messages_only_also_where_ids_differ_in_case()
    {
        await Store.AppendAsync(await OwnAsync(Bob), [Message(1)]);
        await Store.AppendAsync(await OwnAsync(Peer("BOB")), [Message(1, "{\"n\":2}"), Message(2)]);

        Assert.Equal([1], Seqs(await Store.OpenAsync(Bob)));
        Assert.Equal([1, 2], Seqs(await Store.OpenAsync(Peer("BOB"))));
    }

    [Fact]
    public async Task Generations_rise_with_every_opening_and_in_between()
    {
        var generations = new List<long>();
        for (var i = 0; i < 3; i++)
        {
            generations.Add((await Store.OpenAsync(Bob)).Generation);
            generations.Add(await Store.NextGenerationAsync(new MailboxOwner(Bob, generations[^1])));
            await Store.OpenAsync(Alice);
        }

        Assert.Equal(generations.Order().Distinct(), generations);
    }

    [Fact]
    public async Task Many_mailboxes_are_used_in_parallel()
    {
        var peers = Enumerable.Range(0, 100).Select(i => Peer($"peer-{i}")).ToArray();

        await Parallel.ForEachAsync(peers, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (peer, _) =>
        {
            var owner = await OwnAsync(peer);
            for (var seq = 1; seq <= 20; seq++) await Store.AppendAsync(owner, [Message(seq)]);
            await Store.RemoveAsync(owner, [1, 2, 3]);
            Assert.Equal(Enumerable.Range(4, 17).Select(seq => (long)seq), Seqs(await Store.OpenAsync(peer)));
        });

        Assert.Equal(1_700, Store.Totals.Messages);
    }

    [Fact]
    public async Task What_was_accepted_up_to_a_time_goes_in_all_mailboxes_and_nothing_else()
    {
        await Store.AppendAsync(await OwnAsync(Bob), [Message(1, at: Noon), Message(2, at: Noon.AddMilliseconds(1)), Message(3, at: Noon.AddHours(-1))]);
        await Store.AppendAsync(await OwnAsync(Alice), [Message(1, at: Noon.AddDays(1)), Message(2, at: Noon.AddMilliseconds(-1))]);

        var removed = await Store.RemoveAcceptedUpToAsync(Noon);

        Assert.Equal(3, removed);
        Assert.Equal([2], Seqs(await Store.OpenAsync(Bob)));
        Assert.Equal([1], Seqs(await Store.OpenAsync(Alice)));
        Assert.Equal(2, Store.Totals.Messages);
        Assert.Equal(0, await Store.RemoveAcceptedUpToAsync(Noon));
    }

    [Fact]
    public async Task Any_number_of_messages_expires_at_once()
    {
        for (var i = 0; i < 25; i++) await Store.AppendAsync(await OwnAsync(Peer($"peer-{i}")), [.. Enumerable.Range(1, 100).Select(seq => Message(seq, at: Noon.AddSeconds(i - 20)))]);

        var removed = await Store.RemoveAcceptedUpToAsync(Noon);

        Assert.Equal(2_100, removed);
        Assert.Equal(400, Store.Totals.Messages);
        Assert.Empty((await Store.OpenAsync(Peer("peer-20"))).Messages);
        Assert.Equal(100, (await Store.OpenAsync(Peer("peer-21"))).Messages.Count);
    }

    /// <summary>Opens a mailbox, to write to it.</summary>
    protected async Task<MailboxOwner> OwnAsync(PeerId peer) => new(peer, (await Store.OpenAsync(peer)).Generation);

    protected static PeerId Peer(string id) => PeerId.TryParse(id, out var peer) ? peer : throw new ArgumentException(id);

    protected static StoredMessage Message(long seq, string? json = null, DateTimeOffset? at = null) =>
        new(seq, Alice, default, at ?? Noon, Encoding.UTF8.GetBytes(json ?? $$"""{"n":{{seq}}}"""));

    protected static IEnumerable<long> Seqs(OpenedMailbox mailbox) => mailbox.Messages.Select(message => message.Seq);

    protected static void AssertSame(IReadOnlyList<StoredMessage> expected, IReadOnlyList<StoredMessage> actual)
    {
        Assert.Equal(expected.Select(Fields), actual.Select(Fields));

        static (long, PeerId, string, DateTimeOffset, string) Fields(StoredMessage message) =>
            (message.Seq, message.From, Convert.ToHexString(message.Id.Span), message.AcceptedAt, Convert.ToHexString(message.Json.Span));
    }
}

/// <summary>The store in memory.</summary>
public sealed class InMemoryMailboxStoreSpecs : MailboxStoreContract
{
    protected override ValueTask<IMailboxStore> StartAsync() => ValueTask.FromResult<IMailboxStore>(new InMemoryMailboxStore());

    /// <summary>A client that acknowledges ignores a seq that it has seen, also where the node has forgotten it.</summary>
    [Fact]
    public async Task After_a_restart_which_forgets_everything_generations_are_higher_all_the_same()
    {
        var time = new ManualTime();
        time.Advance(TimeSpan.FromDays(20_000));
        var before = (await new InMemoryMailboxStore(time).OpenAsync(Bob)).Generation;
        time.Advance(TimeSpan.FromSeconds(1));

        var after = (await new InMemoryMailboxStore(time).OpenAsync(Bob)).Generation;

        Assert.InRange(after, before + 1, (1L << 41) - 1);
    }
}
