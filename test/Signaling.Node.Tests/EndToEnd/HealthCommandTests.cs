using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

/// <summary>The probe of a container: <c>signaling-node health</c>.</summary>
public sealed class HealthCommandTests
{
    private const int Terminate = 15;

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    [InlineData("*")]
    [InlineData("0.0.0.0")]
    public async Task A_node_that_takes_clients_is_ready_wherever_it_listens(string host)
    {
        await using var node = await NodeProcess.StartAsync("--set", $"Management:Host={host}");

        var run = await NodeProcess.RunAsync("health", "--set", $"Management:Host={host}", "--health-port", $"{node.Management.Port}");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(["ready"], run.Output);
        Assert.Empty(run.Errors);
    }

    [Fact]
    public async Task The_port_comes_from_the_same_environment_as_the_nodes()
    {
        await using var node = await NodeProcess.StartAsync();

        var run = await NodeProcess.RunAsync(new Dictionary<string, string> { ["HEALTH_PORT"] = $"{node.Management.Port}" }, "health");

        Assert.Equal(0, run.ExitCode);
    }

    [Fact]
    public async Task A_node_that_is_about_to_end_is_not_ready()
    {
        await using var node = await NodeProcess.StartAsync("--set", "Connection:CloseTimeout=00:01:00", "--set", "Shutdown:GracePeriod=00:02:00");
        await using var lingering = await RawClient.OpenAsync(node.Clients);
        node.Signal(Terminate);
        Assert.Equal("server-shutdown", (await lingering.NextMessageAsync()).Type);

        var run = await NodeProcess.RunAsync("health", "--health-port", $"{node.Management.Port}");

        AssertNotReady(run);
        Assert.EndsWith("answers 503", run.Errors[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_no_node_runs_it_says_so()
    {
        await using var node = await NodeProcess.StartAsync();
        node.Signal(Terminate);
        await node.ExitCodeAsync();

        var run = await NodeProcess.RunAsync("health", "--health-port", $"{node.Management.Port}");

        AssertNotReady(run);
    }

    [Fact]
    public async Task A_wrong_setting_is_told_as_the_node_tells_it()
    {
        var run = await NodeProcess.RunAsync("health", "--health-port", "65536");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("Signaling:Management:Port must be between 0 and 65535", Assert.Single(run.Errors), StringComparison.Ordinal);
    }

    private static void AssertNotReady(NodeRun run)
    {
        Assert.Equal(1, run.ExitCode);
        Assert.Empty(run.Output);
        Assert.StartsWith("signaling-node: not ready: ", Assert.Single(run.Errors), StringComparison.Ordinal);
    }
}
