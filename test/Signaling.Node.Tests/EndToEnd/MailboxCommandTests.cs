using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

/// <summary><c>signaling-node mailbox …</c>, beside a node that runs and without one.</summary>
public sealed class MailboxCommandTests : IDisposable
{
    private const int Terminate = 15;

    private readonly TemporaryFolder _folder = new();

    private string[] Store => ["--set", $"Store:Directory={_folder.PathOf("data")}"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Stats_and_list_show_what_waits_but_never_what_it_says()
    {
        await using var node = await NodeProcess.StartAsync(Store);
        await KeepAsync(node, "ali\\u202Ece", ("bob", 1), ("bob", 2), ("carol", 3));

        var stats = await SucceedAsync("mailbox", "stats", "--verify");
        var list = await SucceedAsync("mailbox", "list", "bob");
        var none = await SucceedAsync("mailbox", "list", "dave");

        Assert.Contains($"file       {_folder.PathOf("data/mailboxes.db")}", stats);
        Assert.Contains("mailboxes  2", stats);
        Assert.Contains(stats, line => line.StartsWith("messages   3, ", StringComparison.Ordinal));
        Assert.Contains("verified   no damage", stats);
        Assert.Equal(2, list.Count);
        Assert.All(list, line => Assert.Matches(@"^\d{4}-\d\d-\d\dT[\d:.]+Z  [\d,]+  \d+ bytes  from ali\\u\{202E\}ce$", line));
        Assert.DoesNotContain(stats.Concat(list), line => line.Contains("v=0", StringComparison.Ordinal));
        Assert.Empty(none);
    }

    [Fact]
    public async Task Purge_removes_one_mailbox_for_good()
    {
        await using (var node = await NodeProcess.StartAsync(Store))
        {
            await KeepAsync(node, "alice", ("bob", 1), ("carol", 2));
            Assert.Equal(["1 messages removed"], await SucceedAsync("mailbox", "purge", "bob"));
            await KeepAsync(node, "alice", ("dave", 3));            // the node goes on writing
            await StopAsync(node);
        }

        await using var again = await NodeProcess.StartAsync(Store);
        await using var bob = await SignalingClient.ConnectAsync(again.Clients);
        await bob.RegisterAsync("bob");
        await bob.ExpectNothingElseAsync();
        Assert.Contains("mailboxes  2", await SucceedAsync("mailbox", "stats", "--verify"));
    }

    [Fact]
    public async Task Purge_removes_what_is_expired()
    {
        await using (var node = await NodeProcess.StartAsync(Store))
        {
            await KeepAsync(node, "alice", ("bob", 1), ("carol", 2));
            await StopAsync(node);
        }

        Assert.Equal(["0 messages removed"], await SucceedAsync("mailbox", "purge", "--expired"));
        const int EnoughForASecond = 100;
        for (var i = 0; i < EnoughForASecond && await CountAsync() > 0; i++) await SucceedAsync("mailbox", "purge", "--expired", "--set", "Mailbox:TimeToLive=00:00:01");
        Assert.Equal(0, await CountAsync());

        async Task<int> CountAsync() => (await SucceedAsync("mailbox", "list", "bob")).Count + (await SucceedAsync("mailbox", "list", "carol")).Count;
    }

    [Theory]
    [InlineData("mailbox purge", "purge takes a peer id, perhaps with --sent, or --expired")]
    [InlineData("mailbox purge bob --expired", "purge takes a peer id, perhaps with --sent, or --expired")]
    [InlineData("mailbox purge --expired --sent", "purge takes a peer id, perhaps with --sent, or --expired")]
    [InlineData("mailbox list", "Required argument 'peer'")]
    [InlineData("mailbox stats", "there is no mailbox database")]
    [InlineData("mailbox restore no-such-file", "there is no mailbox database 'no-such-file'")]
    public async Task What_cannot_be_done_is_told_in_one_line(string arguments, string expected)
    {
        Assert.Contains(expected, await FailAsync(arguments.Split(' ')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_of_a_running_node_brings_its_messages_back()
    {
        await using (var node = await NodeProcess.StartAsync(Store))
        {
            await KeepAsync(node, "alice", ("bob", 1), ("bob", 2));
            var written = await SucceedAsync("mailbox", "backup", _folder.PathOf("backup.db"));
            Assert.StartsWith(_folder.PathOf("backup.db") + ", ", Assert.Single(written), StringComparison.Ordinal);
            Assert.Equal(["backup.db"], Directory.GetFiles(_folder.PathOf(""), "backup.db*").Select(Path.GetFileName));
            Assert.Contains("is there already", await FailAsync("mailbox", "backup", _folder.PathOf("backup.db")), StringComparison.Ordinal);
            await KeepAsync(node, "alice", ("bob", 3));
            Assert.Contains("another signaling-node holds the data directory", await FailAsync("mailbox", "restore", _folder.PathOf("backup.db")), StringComparison.Ordinal);
            await StopAsync(node);
        }

        var restored = await SucceedAsync("mailbox", "restore", _folder.PathOf("backup.db"));

        Assert.Equal([$"{_folder.PathOf("data/mailboxes.db")} restored; what it replaces is {_folder.PathOf("data/mailboxes.db.replaced")}"], restored);
        await using var again = await NodeProcess.StartAsync(Store);
        await using var bob = await SignalingClient.ConnectAsync(again.Clients);
        await bob.RegisterAsync("bob");
        var messages = await bob.NextAsync("offline-message", 2);
        await bob.ExpectNothingElseAsync();
        Assert.Equal([1, 2], messages.Select(message => message.Inner("originalMessage").Number("n")));
    }

    [Fact]
    public async Task A_damaged_backup_is_refused_and_changes_nothing()
    {
        await using (var node = await NodeProcess.StartAsync(Store))
        {
            await KeepAsync(node, "alice", ("bob", 1));
            await SucceedAsync("mailbox", "backup", _folder.PathOf("backup.db"));
            await StopAsync(node);
        }
        var bytes = await File.ReadAllBytesAsync(_folder.PathOf("backup.db"));
        bytes[bytes.AsSpan().IndexOf("v=0"u8) + 1] ^= 1;
        _folder.Write("backup.db", bytes);
        var before = await File.ReadAllBytesAsync(_folder.PathOf("data/mailboxes.db"));

        var line = await FailAsync("mailbox", "restore", _folder.PathOf("backup.db"));

        Assert.Matches(@"'.*backup\.db' is damaged: message \d+ for peer bob is damaged; nothing was changed$", line);
        Assert.Equal(before, await File.ReadAllBytesAsync(_folder.PathOf("data/mailboxes.db")));
    }

    [Fact]
    public async Task A_database_that_is_restored_from_nothing_but_a_backup_is_served()
    {
        await using (var node = await NodeProcess.StartAsync(Store))
        {
            await KeepAsync(node, "alice", ("bob", 1));
            await SucceedAsync("mailbox", "backup", _folder.PathOf("backup.db"));
            await StopAsync(node);
        }
        Directory.Delete(_folder.PathOf("data"), recursive: true);

        Assert.Equal([$"{_folder.PathOf("data/mailboxes.db")} restored"], await SucceedAsync("mailbox", "restore", _folder.PathOf("backup.db")));

        Assert.Single(await SucceedAsync("mailbox", "list", "bob"));
    }

    private static async Task KeepAsync(NodeProcess node, string from, params (string To, int N)[] messages)
    {
        await using var sender = await SignalingClient.ConnectAsync(node.Clients);
        await sender.RegisterAsync(from);
        foreach (var (to, n) in messages) await sender.SendAsync($$"""{"type":"offer","to":"{{to}}","n":{{n}},"sdp":"v=0"}""");
        await sender.NextAsync("peer-offline", messages.Length);
    }

    private static async Task StopAsync(NodeProcess node)
    {
        node.Signal(Terminate);
        Assert.Equal(0, await node.ExitCodeAsync());
    }

    private async Task<IReadOnlyList<string>> SucceedAsync(params string[] arguments)
    {
        var run = await NodeProcess.RunAsync([.. Store, .. arguments]);
        Assert.Equal("", string.Join('\n', run.Errors));
        Assert.Equal(0, run.ExitCode);
        return run.Output;
    }

    private async Task<string> FailAsync(params string[] arguments)
    {
        var run = await NodeProcess.RunAsync([.. Store, .. arguments]);
        Assert.Equal(1, run.ExitCode);
        Assert.Empty(run.Output);
        var line = Assert.Single(run.Errors);
        Assert.StartsWith("signaling-node: ", line, StringComparison.Ordinal);
        return line;
    }
}
