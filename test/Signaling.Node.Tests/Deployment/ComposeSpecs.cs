using Signaling.Node.Configuration;

namespace Signaling.Node.Tests.Deployment;

/// <summary>The compose file's cluster: services that refer to each other by names that exist, and secrets from outside.</summary>
public sealed class ComposeSpecs
{
    private static readonly string[] Nodes = ["node1", "node2", "node3"];

    [Fact]
    public void One_node_alone_is_what_runs_without_a_profile()
    {
        var services = Deployed.ComposeServices();

        Assert.Equal(["signaling"], services.Where(service => !service.Value.ContainsKey("profiles")).Select(service => service.Key));
        Assert.Equal([.. Nodes, "balancer", "postgres"], services.Where(service => service.Value.TryGetValue("profiles", out var profiles) && Texts(profiles).SequenceEqual(["cluster"])).Select(service => service.Key));
    }

    [Fact]
    public void The_balancer_brings_all_of_it_up_with_the_file_that_is_tested_here()
    {
        var balancer = Deployed.ComposeService("balancer");
        var configuration = Deployed.Read("haproxy-cluster.cfg");

        Assert.Equal(Nodes, Texts(balancer["depends_on"]));
        Assert.Contains("./deploy/haproxy-cluster.cfg:/usr/local/etc/haproxy/haproxy.cfg:ro", Texts(balancer["volumes"]));
        Assert.All(Nodes, node => Assert.Contains($"-{node}:9001}}\"", configuration, StringComparison.Ordinal)); // where it looks when it is told nothing
        Assert.All(Nodes, node => Assert.Equal(["postgres"], Keys(Deployed.ComposeService(node)["depends_on"])));
    }

    [Fact]
    public void The_nodes_believe_the_balancer_where_a_client_is()
    {
        var networks = (Dictionary<object, object>)Deployed.ComposeService("balancer")["networks"];
        var address = ((Dictionary<object, object>)networks["cluster"])["ipv4_address"];

        Assert.All(Nodes, node => Assert.Equal(address, Settings(node)["Signaling__Connection__TrustedProxies__0"]));
    }

    [Fact]
    public void A_node_has_longer_to_end_than_it_takes()
    {
        var grace = new NodeOptions().Shutdown.GracePeriod;

        Assert.All(Nodes, node => Assert.True(Seconds(node) >= grace.TotalSeconds + 60));
        Assert.True(Seconds("signaling") > grace.TotalSeconds);

        static int Seconds(string service) => int.Parse(((string)Deployed.ComposeService(service)["stop_grace_period"]).TrimEnd('s'), null);
    }

    [Fact]
    public void The_databases_password_comes_from_outside()
    {
        var postgres = (Dictionary<object, object>)Deployed.ComposeService("postgres")["environment"];

        Assert.Equal("${POSTGRES_PASSWORD:-}", postgres["POSTGRES_PASSWORD"]);
        Assert.All(Nodes, node => Assert.EndsWith(
            $"Host=postgres;Database={postgres["POSTGRES_DB"]};Username={postgres["POSTGRES_USER"]};Password=north", Settings(node)["Signaling__Store__ConnectionString"], StringComparison.Ordinal));
    }

    /// <summary>What the node is told in a container.</summary>
    internal static Dictionary<string, string> Settings(string service) => ((Dictionary<object, object>)Deployed.ComposeService(service)["environment"])
        .ToDictionary(variable => (string)variable.Key, variable => ((string)variable.Value).Replace("${POSTGRES_PASSWORD:-}", "north", StringComparison.Ordinal).Replace("${MANAGEMENT_TOKEN:-}", "", StringComparison.Ordinal));

    private static IEnumerable<string> Texts(object list) => ((List<object>)list).Cast<string>();

    private static IEnumerable<string> Keys(object map) => ((Dictionary<object, object>)map).Keys.Cast<string>();
}
