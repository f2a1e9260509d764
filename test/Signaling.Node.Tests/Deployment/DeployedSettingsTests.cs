using System.Text.Json;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.Deployment;

/// <summary>A node takes the settings that each way to run a cluster gives it, and is one of the seed nodes that they name.</summary>
public sealed class DeployedSettingsTests
{
    [Theory]
    [InlineData("signaling-0")]
    [InlineData("signaling-2")]
    public Task Those_of_Kubernetes(string pod) => CheckAsync(KubernetesSpecs.Settings(pod));

    [Theory]
    [InlineData("node1")]
    [InlineData("node2")]
    [InlineData("node3")]
    public Task Those_of_Docker(string service) => CheckAsync(ComposeSpecs.Settings(service));

    [Fact]
    public Task Those_of_systemd()
    {
        var lines = Deployed.Read("signaling-node-cluster.conf").Split('\n').Where(line => line.StartsWith("Environment=", StringComparison.Ordinal)).Select(line => line["Environment=".Length..]);
        var settings = Deployed.Variables(string.Join('\n', lines));
        settings.Add("Signaling__Store__ConnectionString", "Host=postgres.example.org;Database=signaling;Username=signaling;Password=north"); // in a file of its own
        return CheckAsync(settings);
    }

    private static async Task CheckAsync(Dictionary<string, string> settings)
    {
        var run = await NodeProcess.RunAsync(settings, "--check-config");

        Assert.Empty(run.Errors);
        var options = JsonDocument.Parse(string.Concat(run.Output)).RootElement.GetProperty("Signaling");
        var cluster = options.GetProperty("Cluster");
        Assert.True(cluster.GetProperty("Enabled").GetBoolean());
        Assert.Contains($"{cluster.GetProperty("Host")}:{cluster.GetProperty("Port")}", cluster.GetProperty("SeedNodes").EnumerateArray().Select(node => node.GetString()));
        Assert.Equal(3, cluster.GetProperty("SeedNodes").GetArrayLength());
        Assert.Equal("*", options.GetProperty("Management").GetProperty("Host").GetString());
    }
}
