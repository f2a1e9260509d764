using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Signaling.Node.Storage;

namespace Signaling.Node.Configuration;

/// <summary>Checks what a node needs to be one of several.</summary>
internal static class ClusterRules
{
    private const string Section = "Signaling:Cluster";
    private const int ThumbprintDigits = 40;

    /// <param name="result">Takes what is wrong.</param>
    /// <param name="options">Of a node with <c>Cluster:Enabled</c>.</param>
    public static void Check(ValidateOptionsResultBuilder result, NodeOptions options)
    {
        var cluster = options.Cluster;
        if (options.Store.Kind != StoreKind.PostgreSql)
            result.AddError($"Signaling:Store:Kind: {(options.Store.Kind == StoreKind.Sqlite ? "the embedded store" : "this process's memory")} serves one node; set Store:Kind to PostgreSql");
        if (!IsHost(cluster.Host)) result.AddError($"{Section}:Host: '{cluster.Host}' is no name and no IPv4 address by which other nodes reach this one");
        if (cluster.BindHost is not ("" or "*") && !IsIPv4(cluster.BindHost)) result.AddError($"{Section}:BindHost: '{cluster.BindHost}' is no IPv4 address and not '*'");
        if (cluster.Port == options.Listen.Port) result.AddError($"{Section}:Port: clients and nodes cannot share port {cluster.Port}");
        if (cluster.Port == options.Management.Port) result.AddError($"{Section}:Port: management and nodes cannot share port {cluster.Port}");
        if (cluster.SeedNodes.Count == 0) result.AddError($"{Section}:SeedNodes: name the nodes by which the cluster is found, such as node1.example.org:9003, the same on every node");
        foreach (var node in cluster.SeedNodes.Where(node => !IsEndpoint(node))) result.AddError($"{Section}:SeedNodes: '{node}' is no host:port such as node1.example.org:9003");
        if (cluster.AlsoTrusted.Count > 0 && !cluster.Tls.IsSet) result.AddError($"{Section}:AlsoTrusted: is for nodes that have a certificate: set Cluster:Tls:Certificate");
        foreach (var thumbprint in cluster.AlsoTrusted.Where(thumbprint => !IsThumbprint(thumbprint)))
            result.AddError($"{Section}:AlsoTrusted: '{thumbprint}' is no SHA-1 thumbprint of {ThumbprintDigits} hexadecimal digits");
    }

    private static bool IsEndpoint(string node) =>
        node.LastIndexOf(':') is > 0 and var colon && IsHost(node[..colon])
        && ushort.TryParse(node.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0;

    /// <summary>Akka's remoting resolves names to IPv4 addresses alone.</summary>
    private static bool IsHost(string host) => Uri.CheckHostName(host) is UriHostNameType.Dns or UriHostNameType.IPv4;

    private static bool IsIPv4(string host) => IPAddress.TryParse(host, out var address) && address.AddressFamily == AddressFamily.InterNetwork;

    private static bool IsThumbprint(string text) => text.Length == ThumbprintDigits && text.All(char.IsAsciiHexDigit);
}
