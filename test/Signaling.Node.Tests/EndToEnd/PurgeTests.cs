using System.Text;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

/// <summary>What <c>signaling-node mailbox purge</c> leaves of a peer, by the bytes of every file in the data directory.</summary>
public sealed class PurgeTests : IDisposable
{
    private const int Terminate = 15;
    private const int Kill = 9;

    /// <summary>Not in ASCII, so that it could be spelled in more than one way.</summary>
    private const string Bob = "bøb-of-the-marker";
    private const string ToBob = "payload-to-bob";
    private const string FromBob = "payload-from-bob";
    private const string ToCarol = "payload-to-carol";

    private readonly TemporaryFolder _folder = new();

    private string Data => _folder.PathOf("data");

    private string[] Store => ["--set", $"Store:Directory={Data}", "--set", "Mailbox:IdleTimeout=00:00:01"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Terminate)]
    [InlineData(Kill)]                                              // its -wal file is left
    public async Task Nothing_of_a_peer_is_left_when_no_node_runs(int signal)
    {
        await using (var node = await NodeProcess.StartAsync(Store))
        {
            await FillAsync(node);
            node.Signal(signal);
            await node.ExitCodeAsync();
        }
        Assert.NotEmpty(FilesWith(Bob));
        Assert.NotEmpty(FilesWith(ToBob));

        await SucceedAsync("mailbox", "purge", Bob, "--sent");

        AssertForgotten();
        Assert.NotEmpty(FilesWith(ToCarol));
        Assert.Contains("verified   no damage", await SucceedAsync("mailbox", "stats", "--verify"));
    }

    [Fact]
    public async Task Nothing_of_a_peer_is_left_beside_a_node_that_does_not_have_its_mailbox_open()
    {
        await using (var node = await NodeProcess.StartAsync(Store))
        {
            await FillAsync(node);
            node.Signal(Terminate);
            await node.ExitCodeAsync();
        }
        await using var again = await NodeProcess.StartAsync(Store);
        await SendAsync(again, "alice", "carol", ToCarol, count: 1);

        await SucceedAsync("mailbox", "purge", Bob, "--sent");

        AssertForgotten();
        await SendAsync(again, "alice", "carol", ToCarol, count: 50);
        AssertForgotten();
        await using var bob = await SignalingClient.ConnectAsync(again.Clients);
        await bob.RegisterAsync(Bob);
        await bob.ExpectNothingElseAsync();
        await using var carol = await SignalingClient.ConnectAsync(again.Clients);
        await carol.RegisterAsync("carol");
        Assert.All(await carol.NextAsync("offline-message", 100), message => Assert.Equal("alice", message.Inner("originalMessage").Value("from")));
        Assert.Empty(again.Failures);
    }

    [Fact]
    public async Task What_a_peer_sent_belongs_to_those_it_waits_for_unless_it_is_named_too()
    {
        await using (var node = await NodeProcess.StartAsync(Store))
        {
            await SendAsync(node, Bob, "carol", FromBob, count: 3);
            await SendAsync(node, "alice", Bob, ToBob, count: 2);
            node.Signal(Terminate);
            await node.ExitCodeAsync();
        }

        Assert.Equal(["2 messages removed"], await SucceedAsync("mailbox", "purge", Bob));
        Assert.Empty(FilesWith(ToBob));
        Assert.Equal(3, (await SucceedAsync("mailbox", "list", "carol")).Count);

        Assert.Equal(["3 messages removed"], await SucceedAsync("mailbox", "purge", Bob, "--sent"));
        AssertForgotten();
    }

    [Fact]
    public async Task Copies_that_the_node_made_go_too_and_files_that_are_not_its_own_are_named()
    {
        await using (var node = await NodeProcess.StartAsync(Store))
        {
            await FillAsync(node);
            await SucceedAsync("mailbox", "backup", _folder.PathOf("backup.db"));
            node.Signal(Terminate);
            await node.ExitCodeAsync();
        }
        await SucceedAsync("mailbox", "restore", _folder.PathOf("backup.db"));
        _folder.Write("data/mailboxes.db-wal.damaged", ToBob);
        _folder.Write("data/note.txt", "not the node's");
        Assert.Contains("mailboxes.db.replaced", FilesWith(ToBob));

        var told = await SucceedAsync("mailbox", "purge", Bob, "--sent");

        AssertForgotten();
        Assert.Equal(
            [
                $"{Data}/mailboxes.db.replaced removed, since it may hold some too",
                $"{Data}/mailboxes.db-wal.damaged removed, since it may hold some too",
                $"{Data}/note.txt was not looked into",
            ],
            told.Skip(1));
    }

    /// <summary>Messages that wait for the peer and from it, some that were delivered, and others' between and around them, in several sizes so that they share pages and fill them.</summary>
    private static async Task FillAsync(NodeProcess node)
    {
        await SendAsync(node, "alice", Bob, ToBob, count: 40);
        await using (var bob = await SignalingClient.ConnectAsync(node.Clients))
        {
            await bob.RegisterAsync(Bob, acks: true);               // without, what is not confirmed yet when it closes would come again
            var last = (await bob.NextAsync("offline-message", 40))[^1];
            await bob.SendAsync($$"""{"type":"ack","seq":{{last.Number("seq")}}}""");
            await bob.SendAsync("""{"type":"ping"}""");
            await bob.NextAsync("pong");
            await bob.CloseAsync();
        }
        foreach (var _ in Enumerable.Range(0, 4))
        {
            await SendAsync(node, "alice", "carol", ToCarol, count: 6);
            await SendAsync(node, Bob, "dave", FromBob, count: 6);
        }
        foreach (var _ in Enumerable.Range(0, 4))
        {
            await SendAsync(node, "alice", "carol", ToCarol, count: 6);
            await SendAsync(node, "alice", Bob, ToBob, count: 10);
        }
        await SendAsync(node, "alice", "carol", ToCarol, count: 1);
    }

    private static async Task SendAsync(NodeProcess node, string from, string to, string payload, int count)
    {
        await using var sender = await SignalingClient.ConnectAsync(node.Clients);
        await sender.RegisterAsync(from);
        for (var i = 0; i < count; i++) await sender.SendAsync($$"""{"type":"offer","to":"{{to}}","sdp":"{{string.Concat(Enumerable.Repeat(payload + ' ', 1 + (i * i)))}}"}""");
        await sender.NextAsync("peer-offline", count);
        await sender.CloseAsync();
    }

    private void AssertForgotten()
    {
        foreach (var trace in new[] { Bob, ToBob, FromBob, "b\\u00f8b", "b\\u00F8b", "of-the-marker" }) Assert.Empty(FilesWith(trace));
    }

    private string[] FilesWith(string text) =>
        [.. from file in Directory.GetFiles(Data, "*", SearchOption.AllDirectories)
            where new FileInfo(file).Length > 0                     // the node's lock cannot be read
            where Read(file).AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0
            select Path.GetFileName(file)];

    /// <summary>Also while a node writes to it.</summary>
    private static byte[] Read(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    private async Task<IReadOnlyList<string>> SucceedAsync(params string[] arguments)
    {
        var run = await NodeProcess.RunAsync([.. Store, .. arguments]);
        Assert.Equal("", string.Join('\n', run.Errors));
        Assert.Equal(0, run.ExitCode);
        return run.Output;
    }
}
