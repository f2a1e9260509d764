using System.Net;
using System.Net.Sockets;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.Deployment;

/// <summary>What the README promises of <c>deploy/local-cluster</c>, with the balancer's configuration that <c>deploy/</c> offers.</summary>
public sealed class LocalClusterTests
{
    [Fact]
    public async Task Clients_of_three_nodes_reach_each_other_and_what_waits_outlives_the_cluster()
    {
        await using var cluster = new LocalCluster();
        var up = await cluster.RunAsync("up");
        Assert.True(up.ExitCode == 0, string.Join('\n', up.Errors));
        Assert.Contains(up.Output, line => line.StartsWith($"Clients connect to ws://127.0.0.1:{cluster.Port};", StringComparison.Ordinal));

        await using (var alice = await RegisterAsync(cluster.Node(1), "alice"))
        await using (var bob = await RegisterAsync(cluster.Node(3), "bob"))
        await using (var carol = await RegisterAsync(cluster.Balancer, "carol"))
        {
            await alice.SendAsync("""{"type":"offer","to":"bob","sdp":"v=0"}""");
            Assert.Equal("alice", (await bob.NextAsync("offer")).Value("from"));
            await bob.SendAsync("""{"type":"answer","to":"carol","sdp":"v=0"}""");
            Assert.Equal("bob", (await carol.NextAsync("answer")).Value("from"));
            await carol.SendAsync("""{"type":"offer","to":"dave","sdp":"v=0"}""");
            Assert.Equal("dave", (await carol.NextAsync("peer-offline")).Value("peerId"));
        }

        await SucceedAsync(cluster.RunAsync("down", "node2"));
        await using (var erin = await RegisterAsync(cluster.Balancer, "erin")) await erin.CloseAsync(); // whatever the balancer knows of it by now
        await SucceedAsync(cluster.RunAsync("down"));
        Assert.Empty(cluster.Listening);
        Assert.Empty(Directory.GetFiles(cluster.Folder, "*.pid"));

        await SucceedAsync(cluster.RunAsync("up"));
        using var http = new HttpClient();
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri(cluster.Status, "/health/ready"))).StatusCode);
        await using var dave = await RegisterAsync(cluster.Balancer, "dave");
        Assert.Equal("carol", (await dave.NextAsync("offline-message")).Json.GetProperty("originalMessage").GetProperty("from").GetString());
    }

    [Fact]
    public async Task A_port_that_is_in_use_is_named()
    {
        await using var cluster = new LocalCluster();
        using var other = new TcpListener(IPAddress.Loopback, cluster.Port + 12);
        other.Start();

        var run = await cluster.RunAsync("up");

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith($"local-cluster: port {cluster.Port + 12}, for node2, is in use", Assert.Single(run.Errors), StringComparison.Ordinal);
        other.Stop();
        Assert.Empty(cluster.Listening);
    }

    [Theory]
    [InlineData("SIGNALING_NODE", "/no/such/node", "there is no /no/such/node; make it with: dotnet publish")]
    [InlineData("CLUSTER_PORT", "65520", "CLUSTER_PORT: '65520' is no port with 23 more after it")]
    [InlineData("CLUSTER_PORT", "many", "CLUSTER_PORT: 'many'")]
    public async Task What_it_cannot_start_with_is_named(string variable, string value, string expected)
    {
        await using var cluster = new LocalCluster();

        var run = await cluster.RunAsync(new Dictionary<string, string> { [variable] = value }, "up");

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith($"local-cluster: {expected}", Assert.Single(run.Errors), StringComparison.Ordinal);
        Assert.False(Directory.Exists(cluster.Folder));
    }

    private static async Task<SignalingClient> RegisterAsync(Uri uri, string peer)
    {
        var client = await SignalingClient.ConnectAsync(uri);
        await client.RegisterAsync(peer);
        return client;
    }

    private static async Task SucceedAsync(Task<NodeRun> script)
    {
        var run = await script;
        Assert.True(run.ExitCode == 0, string.Join('\n', run.Errors));
    }
}
