using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Signaling.Cluster.Hosting;
using Signaling.Node.Configuration;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.Configuration;

/// <summary>What makes a node of a cluster is checked at start, and each mistake is named.</summary>
public sealed class ClusterRulesSpecs : IDisposable
{
    private const string Thumbprint = "0123456789abcdef0123456789ABCDEF01234567";

    private static readonly string[] Valid =
    [
        "Cluster:Enabled=true", "Cluster:SeedNodes:0=node1.example.org:9003", "Cluster:SeedNodes:1=10.0.0.2:65535", "Store:Kind=PostgreSql", "Store:ConnectionString=Host=db;Username=signaling",
    ];

    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("Cluster:Host=node1", "Cluster:BindHost=*")]
    [InlineData("Cluster:Host=signaling-0.signaling-nodes", "Cluster:BindHost=0.0.0.0")]
    [InlineData("Cluster:Host=10.0.0.1", "Cluster:Port=1")]
    public void A_cluster_needs_seed_nodes_and_the_store_that_nodes_share(params string[] settings)
    {
        Assert.Empty(Failures([.. Valid, .. settings]));
    }

    [Theory]
    [InlineData("Store:Kind=Sqlite", "Signaling:Store:Kind: the embedded store serves one node; set Store:Kind to PostgreSql")]
    [InlineData("Store:Kind=Memory", "Signaling:Store:Kind: this process's memory serves one node; set Store:Kind to PostgreSql")]
    [InlineData("Cluster:SeedNodes:0=node1", "Signaling:Cluster:SeedNodes: 'node1' is no host:port such as node1.example.org:9003")]
    [InlineData("Cluster:SeedNodes:0=:9003", "Signaling:Cluster:SeedNodes: ':9003'")]
    [InlineData("Cluster:SeedNodes:0=node1:0", "Signaling:Cluster:SeedNodes: 'node1:0'")]
    [InlineData("Cluster:SeedNodes:0=node1:65536", "Signaling:Cluster:SeedNodes: 'node1:65536'")]
    [InlineData("Cluster:SeedNodes:0=node1:+1", "Signaling:Cluster:SeedNodes: 'node1:+1'")]
    [InlineData("Cluster:SeedNodes:0=akka.tcp://signaling@node1:9003", "Signaling:Cluster:SeedNodes: 'akka.tcp://signaling@node1:9003'")]
    [InlineData("Cluster:SeedNodes:0=[::1]:9003", "Signaling:Cluster:SeedNodes: '[::1]:9003'")]
    [InlineData("Cluster:Host=node1:9003", "Signaling:Cluster:Host: 'node1:9003' is no name and no IPv4 address by which other nodes reach this one")]
    [InlineData("Cluster:Host=*", "Signaling:Cluster:Host: '*'")]
    [InlineData("Cluster:Host=::1", "Signaling:Cluster:Host: '::1'")]
    [InlineData("Cluster:BindHost=node1", "Signaling:Cluster:BindHost: 'node1' is no IPv4 address and not '*'")]
    [InlineData("Cluster:Port=9001", "Signaling:Cluster:Port: clients and nodes cannot share port 9001")]
    [InlineData("Cluster:Port=9002", "Signaling:Cluster:Port: management and nodes cannot share port 9002")]
    [InlineData("Cluster:AlsoTrusted:0=" + Thumbprint, "Signaling:Cluster:AlsoTrusted: is for nodes that have a certificate: set Cluster:Tls:Certificate")]
    public void A_setting_with_which_a_node_cannot_be_part_of_one_is_named(string setting, string expected)
    {
        Assert.StartsWith(expected, Assert.Single(Failures([.. Valid, setting])), StringComparison.Ordinal);
    }

    [Fact]
    public void Seed_nodes_are_asked_for()
    {
        var failure = Assert.Single(Failures("Cluster:Enabled=true", "Store:Kind=PostgreSql", "Store:ConnectionString=Host=db;Username=signaling"));

        Assert.StartsWith("Signaling:Cluster:SeedNodes: name the nodes by which the cluster is found", failure, StringComparison.Ordinal);
    }

    [Fact]
    public void Certificates_that_are_trusted_besides_are_named_by_their_thumbprints()
    {
        var certificate = $"Cluster:Tls:Certificate={_folder.Write("nodes.pfx", "")}";

        Assert.Empty(Failures([.. Valid, certificate, $"Cluster:AlsoTrusted:0={Thumbprint}"]));
        Assert.Equal(
            ["Signaling:Cluster:AlsoTrusted: '01:23' is no SHA-1 thumbprint of 40 hexadecimal digits"],
            Failures([.. Valid, certificate, $"Cluster:AlsoTrusted:0={Thumbprint}", "Cluster:AlsoTrusted:1=01:23"]));
    }

    [Theory]
    [InlineData("Cluster:Tls:Certificate=no-such-file.pfx", "Signaling:Cluster:Tls:Certificate: there is no file 'no-such-file.pfx'")]
    [InlineData("Cluster:Tls:Key=-----BEGIN PRIVATE KEY-----", "Signaling:Cluster:Tls:Key: takes the path of a file, not what it holds")]
    public void Its_certificate_is_checked_as_the_others_are(string setting, string expected)
    {
        Assert.Contains(expected, Failures([.. Valid, setting]));
    }

    [Fact]
    public void It_is_read_at_start_alone()
    {
        Assert.Equal(["Signaling:Cluster:Tls:ReloadInterval: there is no such setting"], Failures([.. Valid, "Cluster:Tls:ReloadInterval=00:00:10"]));
    }

    public static TheoryData<string, string, string, string, string> Bounds => new()
    {
        { "Port", "1", "65535", "0", "65536" },
        { "Shards", "1", "10000", "0", "10001" },
        { "AcceptableSilence", "00:00:01", "00:01:00", "00:00:00.9999999", "00:01:00.0000001" },
        { "StableAfter", "00:00:01", "00:10:00", "00:00:00.9999999", "00:10:00.0000001" },
        { "ReturnGrace", "00:00:00", "00:10:00", "-00:00:00.0000001", "00:10:00.0000001" },
        { "MaxKeptBytes", "1048576", "17179869184", "1048575", "17179869185" },
        { "MaxLinkBytes", "1048576", "4294967296", "1048575", "4294967297" },
    };

    [Theory]
    [MemberData(nameof(Bounds))]
    public void A_setting_is_accepted_at_its_edges_and_refused_outside(string name, string least, string most, string below, string above)
    {
        foreach (var edge in new[] { least, most }) Assert.Empty(Failures([.. Valid, $"Cluster:{name}={edge}"]));
        foreach (var outside in new[] { below, above }) Assert.Contains($"Cluster.{name}", Assert.Single(Failures([.. Valid, $"Cluster:{name}={outside}"])), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_setting_has_bounds_that_are_tested_here()
    {
        var settings = typeof(ClusterOptions).GetProperties().Where(setting => setting.PropertyType.IsValueType && setting.PropertyType != typeof(bool)).Select(setting => setting.Name);

        Assert.Equal(settings.Order(StringComparer.Ordinal), Bounds.Select(row => (string)row[0]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_node_on_its_own_is_asked_for_none_of_it()
    {
        Assert.Empty(Failures("Cluster:SeedNodes:0=nowhere", "Cluster:Port=9001"));
    }

    public void Dispose() => _folder.Dispose();

    private static string[] Failures(params string[] settings)
    {
        using var configuration = new ConfigurationManager();
        foreach (var setting in settings.Select(setting => setting.Split('=', 2))) configuration[$"Signaling:{setting[0]}"] = setting[1];
        return Record.Exception(() => NodeConfiguration.Read(configuration)) is { } failure ? [.. ((OptionsValidationException)failure).Failures] : [];
    }
}
