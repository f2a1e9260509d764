using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;
using Signaling.Node.Storage;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.Storage;

/// <summary>The store on disk, and what only such a one can do: outlive its process.</summary>
public sealed class SqliteMailboxStoreSpecs : MailboxStoreContract
{
    private readonly TemporaryFolder _folder = new();
    private OpenStore _open = null!;

    /// <summary>Any owner: this store does not fence.</summary>
    private static MailboxOwner Own(PeerId peer) => new(peer, 1);

    private string File => _folder.PathOf("mailboxes.db");

    protected override ValueTask<IMailboxStore> StartAsync()
    {
        _open = new OpenStore(File);
        return ValueTask.FromResult<IMailboxStore>(_open.Store);
    }

    public override async Task DisposeAsync()
    {
        await _open.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Messages_totals_and_generations_outlive_a_restart()
    {
        await Store.AppendAsync(Own(Bob), [Message(1), Message(2)]);
        await Store.RemoveAsync(Own(Bob), [1]);
        var before = await Store.NextGenerationAsync(Own(Bob));
        var totals = Store.Totals;

        await _open.DisposeAsync();
        _open = new OpenStore(File);

        var opened = await _open.Store.OpenAsync(Bob);
        AssertSame([Message(2)], opened.Messages);
        Assert.True(opened.Generation > before);
        Assert.Equal(totals, _open.Store.Totals);
    }

    [Theory]
    [InlineData(nameof(FsyncPolicy.Always))]
    [InlineData(nameof(FsyncPolicy.Relaxed))]
    public async Task Messages_and_generations_outlive_a_kill_of_the_process(string policy)
    {
        var options = new StoreOptions { Fsync = Enum.Parse<FsyncPolicy>(policy) };
        await using var first = new OpenStore(_folder.PathOf("first.db"), options);
        var before = (await first.Store.OpenAsync(Bob)).Generation;
        await first.Store.AppendAsync(Own(Bob), [Message(1), Message(2)]);

        // What the operating system has at this moment is what a kill leaves.
        Copy("first.db", "second.db");
        await using var second = new OpenStore(_folder.PathOf("second.db"), options);
        var opened = await second.Store.OpenAsync(Bob);

        AssertSame([Message(1), Message(2)], opened.Messages);
        Assert.Equal(2, second.Store.Totals.Messages);
        Assert.True(opened.Generation > before);
    }

    [Fact]
    public async Task Generations_go_on_behind_the_reserved_ones()
    {
        const int MoreThanAreReservedAtOnce = 70_000;

        var generations = new List<long>();
        while (generations.Count < MoreThanAreReservedAtOnce) generations.Add(await Store.NextGenerationAsync(Own(Bob)));

        Assert.Equal(generations.Order().Distinct(), generations);
    }

    [Fact]
    public async Task No_generation_comes_again_where_the_log_that_knew_of_them_is_damaged()
    {
        var before = (await Store.OpenAsync(Bob)).Generation;
        await Store.AppendAsync(Own(Bob), [Message(1)]);
        Copy("mailboxes.db", "killed.db");
        await _open.DisposeAsync();
        var wal = await System.IO.File.ReadAllBytesAsync(_folder.PathOf("killed.db-wal"));
        wal[5] ^= 1;                                                // of its header: all of it is lost
        await System.IO.File.WriteAllBytesAsync(_folder.PathOf("killed.db-wal"), wal);

        _open = new OpenStore(_folder.PathOf("killed.db"));
        var opened = await _open.Store.OpenAsync(Bob);

        Assert.Empty(opened.Messages);
        Assert.True(opened.Generation > before);
    }

    [Fact]
    public async Task A_new_file_begins_with_generations_that_none_before_it_handed_out()
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

        var generation = (await Store.OpenAsync(Bob)).Generation;

        Assert.InRange(generation, 256 * (now - 60), 256 * (now + 60)); // the file was made just now
    }

    [Fact]
    public async Task A_write_that_is_repeated_is_kept_once()
    {
        await Store.AppendAsync(Own(Bob), [Message(1), Message(2)]);

        await Store.AppendAsync(Own(Bob), [Message(2), Message(3)]);

        Assert.Equal([1, 2, 3], Seqs(await Store.OpenAsync(Bob)));
        Assert.Equal(new MailboxTotals(3, 3 * Message(1).Json.Length), Store.Totals);
    }

    [Fact]
    public async Task What_expires_gives_its_space_back()
    {
        var json = new string('x', 100_000);
        for (var seq = 1; seq <= 600; seq++) await Store.AppendAsync(Own(Bob), [Message(seq, json)]);
        await Store.AppendAsync(Own(Alice), [Message(1, at: Noon.AddDays(1))]);

        await Store.RemoveAcceptedUpToAsync(Noon);
        var used = _open.Database.Totals;
        await _open.DisposeAsync();

        Assert.Equal(1, used.Messages);
        Assert.InRange(new FileInfo(File).Length, 1, 30_000_000);   // of 60 MB; some is kept for the next ones
        _open = new OpenStore(File);
        Assert.Equal([1], Seqs(await _open.Store.OpenAsync(Alice)));
    }

    [Fact]
    public async Task What_is_removed_gives_its_space_back_and_its_neighbours_stay()
    {
        var json = new string('x', 100_000);
        for (var seq = 1; seq <= 600; seq++) await Store.AppendAsync(Own(seq % 100 == 0 ? Alice : Bob), [Message(seq, json)]);

        await Store.RemoveAsync(Own(Bob), [.. Enumerable.Range(1, 600).Select(seq => (long)seq)]);
        var expired = await Store.RemoveAcceptedUpToAsync(DateTimeOffset.MinValue);
        await _open.DisposeAsync();

        Assert.Equal(0, expired);
        Assert.InRange(new FileInfo(File).Length, 1, 30_000_000);   // of 60 MB
        _open = new OpenStore(File);
        Assert.Equal([100, 200, 300, 400, 500, 600], Seqs(await _open.Store.OpenAsync(Alice)));
        Assert.Empty((await _open.Store.OpenAsync(Bob)).Messages);
    }

    [Fact]
    public async Task A_message_that_is_removed_and_written_again_is_kept_when_the_first_is_cleaned_up()
    {
        var json = new string('x', 100_000);
        for (var seq = 1; seq <= 300; seq++) await Store.AppendAsync(Own(Bob), [Message(seq, json)]);
        await Store.RemoveAsync(Own(Bob), [.. Enumerable.Range(1, 300).Select(seq => (long)seq)]);
        await Store.AppendAsync(Own(Bob), [Message(7)]);

        await Store.RemoveAcceptedUpToAsync(DateTimeOffset.MinValue);

        Assert.Equal([7], Seqs(await Store.OpenAsync(Bob)));
    }

    [Fact]
    public async Task What_is_under_way_when_the_store_closes_is_kept()
    {
        var writes = Enumerable.Range(1, 1_000).Select(seq => Store.AppendAsync(Own(Bob), [Message(seq)]).AsTask()).ToArray();

        await _open.DisposeAsync();

        await Task.WhenAll(writes);
        _open = new OpenStore(File);
        Assert.Equal(1_000, (await _open.Store.OpenAsync(Bob)).Messages.Count);
    }

    [Fact]
    public async Task A_store_that_is_closed_says_so()
    {
        await _open.DisposeAsync();

        await Assert.ThrowsAsync<MailboxStoreException>(() => Store.AppendAsync(Own(Bob), [Message(1)]).AsTask());
        await Assert.ThrowsAsync<MailboxStoreException>(() => Store.OpenAsync(Bob).AsTask());
        await Assert.ThrowsAsync<MailboxStoreException>(() => Store.RemoveAcceptedUpToAsync(Noon).AsTask());
    }

    private void Copy(string from, string to)
    {
        foreach (var suffix in new[] { "", "-wal" }) System.IO.File.Copy(_folder.PathOf(from + suffix), _folder.PathOf(to + suffix));
    }
}
