using System.Text;
using Microsoft.Data.Sqlite;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Privacy;
using Signaling.Actors.Protocol;
using Signaling.Node.Storage;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.Storage;

/// <summary>A database that cannot do its work says what is wrong, keeps what it confirmed, and goes on when it can.</summary>
public sealed class SqliteFailureSpecs : IDisposable
{
    private static readonly PeerId Bob = PeerId.TryParse("bob", out var bob) ? bob : default;

    private readonly TemporaryFolder _folder = new();

    private string File => _folder.PathOf("mailboxes.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task On_a_full_disk_callers_fail_nothing_is_lost_and_it_goes_on_when_there_is_room()
    {
        await using var open = new OpenStore(File, new StoreOptions { MaxDatabaseBytes = 1_048_576 });
        var kept = new List<long>();
        MailboxStoreException? full = null;
        for (var seq = 1L; full is null; seq++)
        {
            try
            {
                await open.Store.AppendAsync(new(Bob, 1), [Message(seq, 10_000), Message(seq + 1_000, 10_000)]);
                kept.AddRange([seq, seq + 1_000]);
            }
            catch (MailboxStoreException failure)
            {
                full = failure;
            }
        }
        var totals = open.Store.Totals;

        var opened = await open.Store.OpenAsync(Bob);
        await open.Store.RemoveAsync(new(Bob, 1), kept[..10]);
        await open.Store.AppendAsync(new(Bob, 1), [Message(9_999, 10_000)]);

        Assert.Equal($"'{File}' cannot grow: the disk is full, or it has Signaling:Store:MaxDatabaseBytes", full.Message);
        Assert.InRange(kept.Count, 50, 110);
        Assert.Equal(kept.Order(), opened.Messages.Select(message => message.Seq));     // of the write that failed, neither message
        Assert.Equal(new MailboxTotals(kept.Count, kept.Count * 10_000L), totals);
        Assert.Equal(kept.Count - 9, open.Store.Totals.Messages);
    }

    [Fact]
    public async Task A_file_of_a_newer_node_is_refused_untouched()
    {
        await Create(_ => { });
        Change("PRAGMA user_version = 7");
        var before = await System.IO.File.ReadAllBytesAsync(File);

        var failure = Assert.Throws<InvalidDataException>(Open);

        Assert.Equal($"'{File}' was written by a newer signaling-node (schema 7, this one knows 2); upgrade, or restore a backup made before", failure.Message);
        Assert.Equal(before, await System.IO.File.ReadAllBytesAsync(File));
    }

    [Fact]
    public void A_database_of_another_program_is_refused()
    {
        Change("CREATE TABLE customers (name TEXT)");

        Assert.Equal($"'{File}' is an SQLite database, but not one of mailboxes", Assert.Throws<InvalidDataException>(Open).Message);
    }

    [Fact]
    public void A_file_that_is_no_database_is_refused()
    {
        _folder.Write("mailboxes.db", Enumerable.Repeat((byte)'x', 10_000).ToArray());

        Assert.StartsWith($"'{File}' is damaged or no database; restore a backup", Assert.Throws<InvalidDataException>(Open).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_was_cut_off_is_refused()
    {
        await Create(async store => await store.AppendAsync(new(Bob, 1), [Message(1, 1_000_000)]));
        await using (var file = new FileStream(File, FileMode.Open)) file.SetLength(file.Length / 2);

        Assert.StartsWith($"'{File}' is damaged or no database", Assert.Throws<InvalidDataException>(Open).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_in_place_of_the_file_is_refused()
    {
        Directory.CreateDirectory(File);

        Assert.Equal($"cannot write to '{File}'", Assert.Throws<MailboxStoreException>(Open).Message);
    }

    [Theory]
    [InlineData(IdsInLog.Escaped, "bob")]
    [InlineData(IdsInLog.Hashed, "#[0-9a-f]{10}")]
    public async Task A_message_that_the_disk_changed_is_named_and_not_delivered(IdsInLog ids, string peer)
    {
        await Create(async store => await store.AppendAsync(new(Bob, 1), [Message(1, 100), Message(2, 100, 'y'), Message(3, 100)]));
        var bytes = await System.IO.File.ReadAllBytesAsync(File);
        bytes[bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(new string('y', 100))) + 50] ^= 4;
        await System.IO.File.WriteAllBytesAsync(File, bytes);

        var log = new LogList();
        await using var open = new OpenStore(File, log: log, ids: ids);
        var opened = await open.Store.OpenAsync(Bob);

        Assert.Equal([1, 3], opened.Messages.Select(message => message.Seq));
        Assert.Matches($"^Error: Message 2 for peer {peer} is damaged in the database and left out", Assert.Single(log.Lines));
    }

    [Fact]
    public async Task A_damaged_page_fails_its_mailbox_and_at_most_its_neighbours()
    {
        var peers = Enumerable.Range(0, 50).Select(i => PeerId.TryParse($"peer-{i:D2}", out var peer) ? peer : default).ToArray();
        await Create(async store =>
        {
            foreach (var peer in peers) await store.AppendAsync(new(peer, 1), [Message(1, 3_000, 'a')]);
        });
        var bytes = await System.IO.File.ReadAllBytesAsync(File);
        var page = bytes.AsSpan().LastIndexOf(Encoding.ASCII.GetBytes(new string('a', 3_000))) / 4_096 * 4_096;
        bytes.AsSpan(page, 100).Fill(0xFF);
        await System.IO.File.WriteAllBytesAsync(File, bytes);

        await using var open = new OpenStore(File);
        var failures = 0;
        foreach (var peer in peers)
        {
            try
            {
                Assert.Single((await open.Store.OpenAsync(peer)).Messages);
            }
            catch (InvalidDataException damaged)
            {
                Assert.Contains("is damaged", damaged.Message, StringComparison.Ordinal);
                failures++;
            }
        }
        await Task.WhenAll(peers.Select(peer => open.Store.RemoveAsync(new(peer, 1), [1]).AsTask())); // what waits is told elsewhere

        Assert.Equal(1, failures);
        Assert.Equal(default, open.Store.Totals);
    }

    [Fact]
    public async Task What_lies_behind_a_damaged_page_expires_all_the_same()
    {
        await Create(async store =>
        {
            for (var seq = 1; seq <= 300; seq++) await store.AppendAsync(new(Bob, 1), [Message(seq, 3_000, seq == 10 ? 'b' : 'a')]);
        });
        var bytes = await System.IO.File.ReadAllBytesAsync(File);
        bytes.AsSpan(bytes.AsSpan().LastIndexOf(Encoding.ASCII.GetBytes(new string('b', 3_000))) / 4_096 * 4_096, 100).Fill(0xFF);
        await System.IO.File.WriteAllBytesAsync(File, bytes);

        await using var open = new OpenStore(File);
        await Assert.ThrowsAsync<InvalidDataException>(() => open.Store.RemoveAcceptedUpToAsync(DateTimeOffset.MaxValue).AsTask());
        await open.Store.RemoveAcceptedUpToAsync(DateTimeOffset.MaxValue);

        Assert.InRange(open.Store.Totals.Messages, 1, 100);
    }

    [Theory]
    [InlineData(13, 13)]
    [InlineData(10, 4874)]                                          // SQLITE_IOERR_SHMSIZE: no room for the -shm file, at start
    public void A_full_disk_is_told_as_such(int code, int extendedCode)
    {
        var failure = SqliteFailure.Explain(new SqliteException("", code, extendedCode), File);

        Assert.Equal($"'{File}' cannot grow: the disk is full, or it has Signaling:Store:MaxDatabaseBytes", failure.Message);
    }

    [Theory]
    [InlineData(10, 266, true)]                                     // SQLITE_IOERR_READ: a bad sector
    [InlineData(11, 11, true)]
    [InlineData(10, 778, false)]                                    // SQLITE_IOERR_WRITE
    public void What_one_mailbox_may_have_is_told_from_what_the_disk_has(int code, int extendedCode, bool isDamage)
    {
        var failure = SqliteFailure.Explain(new SqliteException("", code, extendedCode), File);

        Assert.Equal(isDamage, failure is InvalidDataException);
        Assert.Equal(!isDamage, failure is MailboxStoreException);
    }

    [Fact]
    public async Task An_older_file_is_brought_up_to_date_with_what_it_holds()
    {
        var older = new MailboxSchema("CREATE TABLE letters (text TEXT)", "INSERT INTO letters VALUES ('kept')");
        await using var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        older.Apply(connection);

        new MailboxSchema("never run", "never run", "ALTER TABLE letters ADD COLUMN age INTEGER NOT NULL DEFAULT 3", "UPDATE letters SET age = age + 1").Apply(connection);

        Assert.Equal(4, connection.Query("PRAGMA user_version"));
        Assert.Equal(4, connection.Query("SELECT age FROM letters WHERE text = 'kept'"));
    }

    [Fact]
    public async Task A_step_that_fails_leaves_the_version_before_it()
    {
        await using var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        var schema = new MailboxSchema("CREATE TABLE letters (text TEXT)", "CREATE TABLE more (text TEXT); INSERT INTO nowhere VALUES (1)");

        Assert.Throws<SqliteException>(() => schema.Apply(connection));

        Assert.Equal(1, connection.Query("PRAGMA user_version"));
        Assert.Equal(0, connection.Query("SELECT count(*) FROM sqlite_schema WHERE name = 'more'"));
    }

    [Fact]
    public void Two_nodes_do_not_hold_one_directory()
    {
        using var first = DataDirectory.Hold(_folder.PathOf("data"));

        var failure = Assert.Throws<MailboxStoreException>(() => DataDirectory.Hold(_folder.PathOf("data")));
        first.Dispose();
        using var second = DataDirectory.Hold(_folder.PathOf("data"));

        Assert.Equal($"another signaling-node holds the data directory '{_folder.PathOf("data")}'; stop it, or set Signaling:Store:Directory", failure.Message);
    }

    [Fact]
    public void A_directory_that_cannot_be_made_is_named()
    {
        _folder.Write("file", "");

        var failure = Assert.Throws<MailboxStoreException>(() => DataDirectory.Hold(_folder.PathOf("file/data")));

        Assert.Equal($"cannot write to the data directory '{_folder.PathOf("file/data")}' (Signaling:Store:Directory)", failure.Message);
    }

    private static StoredMessage Message(long seq, int length, char filler = 'x') =>
        new(seq, Bob, default, DateTimeOffset.UnixEpoch, Encoding.ASCII.GetBytes(new string(filler, length)));

    private void Open() => _ = new OpenStore(File);

    private void Change(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        connection.Execute(sql);
    }

    private async Task Create(Func<IMailboxStore, Task> fill)
    {
        await using var open = new OpenStore(File);
        await fill(open.Store);
    }

    private Task Create(Action<IMailboxStore> fill) => Create(store =>
    {
        fill(store);
        return Task.CompletedTask;
    });
}
