using Signaling.Node.Tests.Auth;
using Signaling.Node.Tests.Hosting;
using Signaling.Testing;

namespace Signaling.Node.Tests.Storage.Postgres;

/// <summary>The real node with its mailboxes in PostgreSQL.</summary>
[Collection(SharedPostgres.Name)]
public sealed class PostgresNodeTests(PostgresServer server) : IAsyncLifetime
{
    private const int Kill = 9;
    private const int Terminate = 15;

    private PostgresDatabase _database = null!;

    private Dictionary<string, string> Settings => new() { ["Signaling__Store__Kind"] = "PostgreSql", ["Signaling__Store__ConnectionString"] = _database.ConnectionString };

    public async Task InitializeAsync() => _database = await PostgresDatabase.CreateAsync(server);

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData(Terminate)]
    [InlineData(Kill)]
    public async Task Kept_messages_outlive_the_node_and_come_once(int signal)
    {
        await using (var node = await StartAsync())
        {
            await KeepAsync(node, "alice", ("bob", 1), ("bob", 2), ("bob", 3));
            node.Signal(signal);
            await node.ExitCodeAsync();
        }

        await using var again = await StartAsync();
        foreach (var expected in new[] { 3, 0 })
        {
            await using var bob = await SignalingClient.ConnectAsync(again.Clients);
            await bob.RegisterAsync("bob");
            var messages = await bob.NextAsync("offline-message", expected);
            await bob.ExpectNothingElseAsync();
            Assert.Equal(Enumerable.Range(1, expected), messages.Select(message => (int)message.Inner("originalMessage").Number("n")));
            await Poll.UntilAsync(async () => await _database.CountAsync("messages") == 0);
        }
        Assert.Empty(again.Failures);
    }

    [Fact]
    public async Task An_outage_is_told_to_senders_and_is_over_when_the_server_is_back()
    {
        await using var node = await StartAsync("--set", "Store:Timeout=00:00:02");
        await using var alice = await SignalingClient.ConnectAsync(node.Clients);
        await using var carol = await SignalingClient.ConnectAsync(node.Clients);
        await alice.RegisterAsync("alice");
        await carol.RegisterAsync("carol");
        await alice.SendAsync("""{"type":"offer","to":"bob","n":1}""");
        await alice.NextAsync("peer-offline");

        await server.KillAsync();
        await alice.SendAsync("""{"type":"offer","to":"bob","id":"m2","receipt":true,"n":2}""");
        var refused = await alice.NextAsync("error");
        await alice.SendAsync("""{"type":"offer","to":"carol","n":3}""");
        var relayed = await carol.NextAsync("offer");
        await server.StartAsync();
        await Poll.UntilAsync(async () =>
        {
            await alice.SendAsync("""{"type":"offer","to":"bob","id":"m2","receipt":true,"n":2}""");
            return (await alice.NextAsync()).Text.Contains("stored", StringComparison.Ordinal);
        });

        Assert.Equal("store-unavailable", refused.Value("code"));
        Assert.Equal(3, relayed.Number("n"));
        await using var bob = await SignalingClient.ConnectAsync(node.Clients);
        await bob.RegisterAsync("bob");
        Assert.Equal([1, 2], (await bob.NextAsync("offline-message", 2)).Select(message => (int)message.Inner("originalMessage").Number("n")));
    }

    [Fact]
    public async Task Operators_see_and_remove_what_waits()
    {
        await using var node = await StartAsync();
        await KeepAsync(node, "alice", ("bob", 1), ("bob", 2), ("carol", 3));
        await KeepAsync(node, "dave", ("carol", 4));

        var stats = await SucceedAsync("mailbox", "stats");
        var list = await SucceedAsync("mailbox", "list", "bob");
        var purged = await SucceedAsync("mailbox", "purge", "bob");
        var sent = await SucceedAsync("mailbox", "purge", "dave", "--sent");
        var expired = await SucceedAsync("mailbox", "purge", "--expired");

        Assert.Contains($"server     127.0.0.1:{server.Port}, database {_database.Name}, schema signaling", stats);
        Assert.Contains("nodes      1", stats);
        Assert.Contains("mailboxes  2", stats);
        Assert.Contains(stats, line => line.StartsWith("messages   4, ", StringComparison.Ordinal));
        Assert.Equal(2, list.Count);
        Assert.All(list, line => Assert.EndsWith(" bytes  from alice", line, StringComparison.Ordinal));
        Assert.Equal("2 messages removed", purged[0]);
        Assert.Equal("1 messages removed", sent[0]);
        Assert.Equal(["0 messages removed"], expired);
        Assert.Equal(1, await _database.CountAsync("messages"));
        Assert.Equal(1L, await _database.ExecuteAsync("SELECT sum(messages)::bigint FROM signaling.nodes"));
    }

    [Theory]
    [InlineData("mailbox backup x", "PostgreSQL keeps the mailboxes: use pg_dump (docs/operations.md)")]
    [InlineData("mailbox restore x", "PostgreSQL keeps the mailboxes: use pg_restore (docs/operations.md)")]
    [InlineData("mailbox stats --verify", "PostgreSQL keeps the mailboxes: use pg_amcheck (docs/operations.md)")]
    [InlineData("mailbox stats", "there are no mailboxes in the schema 'signaling' of that database")]
    [InlineData("mailbox purge", "purge takes a peer id, perhaps with --sent, or --expired")]
    [InlineData("--set Store:ConnectionString=Host=x;Pass", "invalid configuration: Signaling:Store:ConnectionString: must say which PostgreSQL, such as Host=db.example.org;Database=signaling;Username=signaling;Password=…")]
    [InlineData("--set Store:Schema=x;y", "invalid configuration: Signaling:Store:Schema must match the regular expression '[a-z_][a-z0-9_]{0,62}'")]
    public async Task What_cannot_be_done_is_told_in_one_line(string arguments, string expected)
    {
        var environment = Settings;
        if (arguments.Contains("ConnectionString", StringComparison.Ordinal)) environment.Remove("Signaling__Store__ConnectionString");

        var run = await NodeProcess.RunAsync(environment, arguments.Split(' '));

        Assert.Equal($"signaling-node: {expected}", Assert.Single(run.Errors));
        Assert.Equal(1, run.ExitCode);
        Assert.Empty(run.Output);
    }

    [Fact]
    public async Task The_connection_string_is_shown_to_nobody()
    {
        var environment = Settings;
        var shown = await NodeProcess.RunAsync(environment, "--check-config");
        environment["Signaling__Store__ConnectionString"] += ";Password=not-this-secret";

        var run = await NodeProcess.RunAsync(environment, "--host", "127.0.0.1", "--port", "0", "--health-port", "0");

        Assert.Contains("\"ConnectionString\": \"***\"", string.Join('\n', shown.Output), StringComparison.Ordinal);
        Assert.Equal(1, run.ExitCode);
        var line = Assert.Single(run.Errors);
        Assert.Contains("does not let user 'postgres' in", line, StringComparison.Ordinal);
        Assert.DoesNotContain(shown.Output.Concat(shown.Errors).Concat(run.Output).Append(line), text => text.Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_id_that_is_bound_by_its_first_use_is_bound_at_every_node()
    {
        string[] arguments = ["--set", "Auth:Mode=Keys", "--set", "Auth:Keys:Audiences:0=signal.example.org"];
        await using var first = await StartAsync(arguments);
        await using var second = await StartAsync(arguments);
        using PeerKey own = PeerKey.Ed25519(), other = PeerKey.P256();

        var bound = await RegisterAsync(first, own);
        var refused = await RegisterAsync(second, other);
        var again = await RegisterAsync(second, own);
        Assert.Equal(["the peer id is bound to no key any more"], await SucceedAsync("mailbox", "unpin", "bob"));
        var free = await RegisterAsync(second, other);

        Assert.Equal(["registered", "error", "registered", "registered"], new[] { bound, refused, again, free });
    }

    /// <returns>The type of the answer.</returns>
    private static async Task<string> RegisterAsync(NodeProcess node, PeerKey key)
    {
        await using var client = await SignalingClient.ConnectAsync(node.Clients);
        await client.SendAsync("""{"type":"get-challenge"}""");
        await client.SendAsync(key.Register("bob", (await client.NextAsync("challenge")).Value("nonce")));
        return (await client.NextAnswerAsync()).Type;
    }

    private static async Task KeepAsync(NodeProcess node, string from, params (string To, int N)[] messages)
    {
        await using var sender = await SignalingClient.ConnectAsync(node.Clients);
        await sender.RegisterAsync(from);
        foreach (var (to, n) in messages) await sender.SendAsync($$"""{"type":"offer","to":"{{to}}","n":{{n}}}""");
        await sender.NextAsync("peer-offline", messages.Length);
    }

    private Task<NodeProcess> StartAsync(params string[] arguments) => NodeProcess.StartAsync(Settings, ["--host", "127.0.0.1", "--port", "0", "--health-port", "0", .. arguments]);

    private async Task<IReadOnlyList<string>> SucceedAsync(params string[] arguments)
    {
        var run = await NodeProcess.RunAsync(Settings, arguments);
        Assert.Equal("", string.Join('\n', run.Errors));
        Assert.Equal(0, run.ExitCode);
        return run.Output;
    }
}
