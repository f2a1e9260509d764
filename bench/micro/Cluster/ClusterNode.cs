using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Cluster.Sharding;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Signaling.Actors.Auth;
using Signaling.Actors.Hosting;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Stats;
using Signaling.Bench.Micro.InMemory;
using Signaling.Cluster.Hosting;

namespace Signaling.Bench.Micro.Cluster;

/// <summary>A node of a cluster in this process, without a transport for clients, and with a store that all of them share in memory. The nodes speak over loopback.</summary>
internal sealed class ClusterNode : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly SignalingNode _node;
    private readonly SignalingMetrics _metrics;

    private ClusterNode(IHost host) =>
        (_host, _node, _metrics) = (host, host.Services.GetRequiredService<SignalingNode>(), host.Services.GetRequiredService<SignalingMetrics>());

    /// <summary>Peers that are online on this node.</summary>
    public long Peers => _metrics.Peers;

    /// <summary>Shards, by the region's own word.</summary>
    public async Task<int> CountShardsAsync()
    {
        var system = _host.Services.GetRequiredService<ActorSystem>();
        var inbox = Inbox.Create(system);
        inbox.Send(ClusterSharding.Get(system).ShardRegion("mailboxes"), GetShardRegionStats.Instance);
        return ((ShardRegionStats)await inbox.ReceiveAsync(TimeSpan.FromSeconds(10))).Stats.Count;
    }

    /// <param name="port">For the other nodes.</param>
    /// <param name="seed">Of the node that the cluster begins with.</param>
    /// <param name="store">They all share it.</param>
    /// <param name="configure">Adds services.</param>
    /// <returns>Completes when it is a member.</returns>
    public static async Task<ClusterNode> StartAsync(int port, int seed, IMailboxStore store, Action<IServiceCollection>? configure = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddConsole();
        builder.Services.AddMetrics();
        builder.Services.AddSingleton(store);
        configure?.Invoke(builder.Services);
        builder.Services.AddSignalingCluster(new ClusterOptions { Enabled = true, Port = port, SeedNodes = [$"127.0.0.1:{seed}"] });
        builder.Services.AddSignaling(options =>
        {
            (options.Limits.MessagesPerSecond, options.Limits.BytesPerSecond, options.Limits.RecipientsPerMinute) = (1_000_000_000, 1_000_000_000_000, 1_000_000);
            (options.Limits.MaxConnections, options.Limits.QuestionsPerMinute) = (1_000_000, 1_000_000_000);
        });
        var node = new ClusterNode(builder.Build());
        await node._host.StartAsync();
        while (!node._node.IsReady) await Task.Delay(20);
        return node;
    }

    public static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    /// <summary>A client has come: its connection actor starts it.</summary>
    public void Connect(MemorySocket socket) => _node.Connect(socket, _node.Admit(address: null)!, ClientOrigin.Unknown);

    /// <summary>Leaves the cluster: its mailboxes go to other nodes.</summary>
    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }
}
