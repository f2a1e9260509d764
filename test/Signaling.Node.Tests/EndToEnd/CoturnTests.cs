using System.Net;
using Signaling.Actors.Protocol;
using Signaling.Actors.Turn;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

/// <summary>coturn, and a node that has its secret.</summary>
public sealed class CoturnNode : NodeFixture
{
    public const string Secret = "north";

    private readonly int _port;
    private DebianServer _coturn = null!;

    public CoturnNode()
        : this(DebianServer.FreePort())
    {
    }

    private CoturnNode(int port)
        : base("--set", $"Turn:Urls:0=turn:127.0.0.1:{port}?transport=tcp", "--set", $"Turn:Secret={Secret}") => _port = port;

    public override async Task InitializeAsync()
    {
        var folder = new TemporaryFolder();
        var configuration = DebianServer.Deployed("turnserver.conf")
            .Replace("=CHANGE-ME", $"={Secret}", StringComparison.Ordinal)
            .Replace("listening-port=3478", $"listening-port={_port}", StringComparison.Ordinal);
        var file = folder.Write("turnserver.conf", configuration);
        var own = $"--listening-ip=127.0.0.1 --relay-ip=127.0.0.1 --no-tls --no-dtls --pidfile={folder.PathOf("pid")} --userdb={folder.PathOf("turndb")} --log-file={folder.PathOf("log")} --simple-log --no-stdout-log";
        _coturn = await DebianServer.StartAsync("turnserver", $"-c {file} {own}", folder, _port);
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _coturn.DisposeAsync();
    }

    /// <summary>What coturn answers who asks for an allocation with this.</summary>
    public async Task<int> AllocateAsync(string username, string credential)
    {
        await using var client = await ConnectTurnAsync(username, credential);
        return await client.AllocateAsync();
    }

    public Task<TurnClient> ConnectTurnAsync(string username, string credential) => TurnClient.ConnectAsync(_port, username, credential);
}

/// <summary>coturn takes what the node hands out, as long as it is valid, and nothing else. It runs with the configuration that <c>deploy/</c> offers.</summary>
public sealed class CoturnTests(CoturnNode node) : NodeTests<CoturnNode>(node)
{
    private static readonly TimeSpan TimeToLive = TimeSpan.FromMinutes(10);

    public static TheoryData<string> Peers => ["alice", "爱:é+&", ":", new string('i', PeerId.MaxLength)];

    [Theory]
    [MemberData(nameof(Peers))]
    public async Task A_credential_is_accepted_while_it_is_valid_whatever_the_peers_id(string peer)
    {
        var credentials = await AskAsync(peer);

        Assert.Equal(TurnClient.Success, await AllocateAsync(credentials));
    }

    [Fact]
    public async Task It_is_refused_to_who_alters_the_peer_or_the_expiry_in_its_username()
    {
        var (username, credential) = await AskAsync("alice");

        var altered = new[] { username.Replace("alice", "mallory", StringComparison.Ordinal), "9" + username, username + "x" };

        foreach (var name in altered) Assert.Equal(TurnClient.Unauthorized, await Node.AllocateAsync(name, credential));
        Assert.Equal(TurnClient.Success, await Node.AllocateAsync(username, credential));
    }

    [Theory]
    [InlineData(-1, TurnClient.Success)]
    [InlineData(1, TurnClient.Unauthorized)]
    public async Task It_is_refused_after_its_expiry(int minutesAfter, int expected)
    {
        var made = -TimeToLive - TimeSpan.FromMinutes(minutesAfter);

        Assert.Equal(expected, await AllocateAsync(Credentials(CoturnNode.Secret, made, "alice")));
    }

    [Theory]
    [InlineData(CoturnNode.Secret, TurnClient.Success)]
    [InlineData("south", TurnClient.Unauthorized)]
    public async Task One_that_was_made_with_another_secret_is_refused(string secret, int expected)
    {
        Assert.Equal(expected, await AllocateAsync(Credentials(secret, made: TimeSpan.Zero, "alice")));
    }

    [Theory]
    [InlineData("8.8.8.8", TurnClient.Success)]
    [InlineData("127.0.0.1", 403)]
    [InlineData("10.1.2.3", 403)]
    [InlineData("172.31.255.255", 403)]
    [InlineData("192.168.0.1", 403)]
    [InlineData("169.254.169.254", 403)]                            // where clouds hand out their machines' credentials
    [InlineData("224.0.0.1", 403)]
    public async Task The_networks_behind_coturn_are_no_peers(string host, int expected)
    {
        var (username, credential) = await AskAsync(Unique("alice"));
        await using var client = await Node.ConnectTurnAsync(username, credential);
        Assert.Equal(TurnClient.Success, await client.AllocateAsync());

        Assert.Equal(expected, await client.PermitAsync(IPAddress.Parse(host)));
    }

    [Fact]
    public async Task A_peers_allocations_are_counted_as_its_own_however_often_it_asks_for_credentials()
    {
        var (alice, bob) = (Unique("alice"), Unique("bob"));
        var answers = new List<int>();

        for (var i = 0; i < 13; i++)
        {
            var (username, credential) = Credentials(CoturnNode.Secret, made: TimeSpan.FromSeconds(i), alice);
            var client = Keep(await Node.ConnectTurnAsync(username, credential));
            answers.Add(await client.AllocateAsync());
        }

        Assert.Equal([.. Enumerable.Repeat(TurnClient.Success, 12), 486], answers); // user-quota
        Assert.Equal(TurnClient.Success, await AllocateAsync(Credentials(CoturnNode.Secret, made: TimeSpan.Zero, bob)));
    }

    /// <summary>From the node, over its WebSocket.</summary>
    private async Task<(string Username, string Credential)> AskAsync(string peer)
    {
        var client = await RegisterAsync(peer);
        await client.SendAsync("""{"type":"get-ice-servers"}""");
        var server = new Received((await client.NextAsync("ice-servers")).Json.GetProperty("iceServers")[0].GetRawText());
        return (server.Value("username"), server.Value("credential"));
    }

    private Task<int> AllocateAsync((string Username, string Credential) with) => Node.AllocateAsync(with.Username, with.Credential);

    /// <summary>As a node with this secret hands them out, so long from now.</summary>
    private static (string Username, string Credential) Credentials(string secret, TimeSpan made, string id)
    {
        Assert.True(PeerId.TryParse(id, out var peer));
        var servers = new IceServers(new TurnOptions { Urls = ["turn:turn.example.org"], Secret = secret, TimeToLive = TimeToLive }, new ShiftedTime(made));
        var server = Assert.Single(servers.For(peer).Servers);
        return (server.Username!, server.Credential!);
    }

    private sealed class ShiftedTime(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + by;
    }
}
