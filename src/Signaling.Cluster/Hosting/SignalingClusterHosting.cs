using System.Diagnostics.Metrics;
using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Akka;
using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Configuration;
using Akka.Hosting;
using Akka.Remote.Transport.DotNetty;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Signaling.Actors.Directory;
using Signaling.Actors.Hosting;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;
using Signaling.Cluster.Links;
using Signaling.Cluster.Mailboxes;
using Signaling.Cluster.Rosters;
using static Signaling.Actors.Messages.MailboxProtocol;

namespace Signaling.Cluster.Hosting;

/// <summary>Makes a signaling node part of a cluster.</summary>
public static class SignalingClusterHosting
{
    /// <summary>The shard type.</summary>
    private const string TypeName = "mailboxes";

    /// <summary>Adds the cluster; before <see cref="SignalingHosting.AddSignaling"/>, with an <see cref="IMailboxStore"/> that all nodes share.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="options">Checked ones.</param>
    /// <param name="certificate">With its key: nodes speak TLS 1.2 or higher, and only with nodes that have the same one; null for plain TCP.</param>
    public static IServiceCollection AddSignalingCluster(this IServiceCollection services, ClusterOptions options, X509Certificate2? certificate = null)
    {
        var membership = new ClusterMembership();
        services.AddSingleton(membership);
        services.AddSingleton(provider => new ClusterMetrics(provider.GetRequiredService<IMeterFactory>(), provider.GetRequiredService<ClusterMailboxes>(), membership));
        services.AddSingleton(provider => new ClusterMailboxes(options, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IMailboxes>(provider => provider.GetRequiredService<ClusterMailboxes>());
        services.AddSingleton(new ClusterRosters(options.ReturnGrace));
        services.AddSingleton<IRosterReplicas>(provider => provider.GetRequiredService<ClusterRosters>());
        services.AddSingleton<INodeExtension>(new ClusterExtension(options, certificate, membership));
        return services;
    }

    /// <summary>What belongs to Akka in a cluster.</summary>
    internal static Config EmbeddedHocon() => SignalingHosting.EmbeddedHocon("cluster.conf", typeof(SignalingClusterHosting).Assembly);

    private sealed class ClusterExtension(ClusterOptions options, X509Certificate2? certificate, ClusterMembership membership) : INodeExtension
    {
        public bool IsReady => membership.IsUp;

        private string Protocol => certificate is null ? "akka.tcp" : "akka.ssl.tcp";

        public void Configure(AkkaConfigurationBuilder builder, IServiceProvider provider)
        {
            var mailboxes = provider.GetRequiredService<ClusterMailboxes>();
            var receivers = new LinkReceivers(mailboxes, provider.GetRequiredService<ClusterRosters>());
            var time = provider.GetRequiredService<TimeProvider>();
            var log = provider.GetRequiredService<ILoggerFactory>().CreateLogger("Signaling.Cluster");
            if (certificate is not null) builder.AddSetup(Tls(certificate));
            builder
                .AddHocon(Settings(), HoconAddMode.Prepend)
                .AddHocon(EmbeddedHocon(), HoconAddMode.Append)
                .WithActors((system, _, resolver) =>
                {
                    var (region, metrics) = (StartRegion(system, mailboxes, resolver.GetService<MailboxServices>()), resolver.GetService<ClusterMetrics>());
                    membership.Started(Akka.Cluster.Cluster.Get(system));
                    CoordinatedShutdown.Get(system).AddTask(CoordinatedShutdown.PhaseBeforeServiceUnbind, "remember-why", () =>
                    {
                        membership.Ends(CoordinatedShutdown.Get(system).ShutdownReason);
                        return Task.FromResult(Done.Instance);
                    });
                    mailboxes.Started((IInternalActorRef)system.ActorOf(Props.Create<FinderActor>(mailboxes, region), "finder"));
                    system.ActorOf(NodesActor.Props(options.MaxLinkBytes, receivers, time, metrics.BatchesResent, log), "nodes");
                    MoveBeforeTheEnd(system, system.ActorOf(Props.Create<ShardCountActor>(region, mailboxes, metrics), "shard-count"), resolver.GetService<IOptions<SignalingOptions>>().Value.Shutdown);
                    system.ActorOf(JoinActor.Props(options.SeedNodes.Select(node => $"{Protocol}://signaling@{node}"), resolver.GetService<IClusterWitness>(), log), "join");
                });
        }

        private IActorRef StartRegion(ActorSystem system, ClusterMailboxes mailboxes, MailboxServices services) => ClusterSharding.Get(system).Start(
            TypeName,
            peer => MailboxActor.Props(mailboxes.AddressToStart(PeerOf(peer)), services),
            ClusterShardingSettings.Create(system),
            new ByPeer(options.Shards),
            new GradualAllocation(ShardAllocationStrategy.LeastShardAllocationStrategy(AtOnce(options.Shards), relativeLimit: 1), AtOnce(options.Shards), mailboxes.IsEnding),
            MailboxActor.HandOff.Instance);

        /// <summary>While the clients leave, or are served to the last, the mailboxes move; what is left moves at once when the region stops.</summary>
        private static void MoveBeforeTheEnd(ActorSystem system, IActorRef shardCount, ShutdownOptions shutdown) =>
            CoordinatedShutdown.Get(system).AddTask(CoordinatedShutdown.PhaseServiceRequestsDone, "move-mailboxes", async () =>
            {
                await shardCount.StopInTimeAsync(shutdown.DrainTimeout, ShardCountActor.StopWhenEmpty.Instance);
                return Done.Instance;
            });

        /// <summary>Of 256 shards eight at a time, every second.</summary>
        private static int AtOnce(int shards) => Math.Max(1, shards / 32);

        private Config Settings()
        {
            var text = new StringBuilder();
            void Set(string path, string value) => text.Append(CultureInfo.InvariantCulture, $"{path} = {value}\n");
            Set("akka.remote.dot-netty.tcp.public-hostname", Quote(options.Host));
            Set("akka.remote.dot-netty.tcp.hostname", Quote(options.BindHost switch { "" => options.Host, "*" => "0.0.0.0", var host => host }));
            Set("akka.remote.dot-netty.tcp.port", $"{options.Port}");
            Set("akka.remote.dot-netty.tcp.enable-ssl", certificate is null ? "off" : "on");
            Set("akka.cluster.failure-detector.acceptable-heartbeat-pause", Milliseconds(options.AcceptableSilence));
            Set("akka.cluster.split-brain-resolver.stable-after", Milliseconds(options.StableAfter));
            return text.ToString();
        }

        /// <summary>Whoever has the certificate is one of us: names are not looked at, as nodes are reached by whatever address they have now.</summary>
        private DotNettySslSetup Tls(X509Certificate2 own) => new(
            own, suppressValidation: false, requireMutualAuthentication: true,
            CertificateValidation.PinnedCertificate([own.Thumbprint, .. options.AlsoTrusted]));

        private static string Milliseconds(TimeSpan time) => $"{(long)time.TotalMilliseconds}ms";

        private static string Quote(string text) => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

        private static PeerId PeerOf(string entityId) => PeerId.TryParse(entityId, out var peer) ? peer : throw new ArgumentException("This is no peer id.", nameof(entityId));
    }

    /// <summary>Which shard a mailbox is in: by a hash that is the same on every node, of every version.</summary>
    private sealed class ByPeer(int shards) : HashCodeMessageExtractor(shards)
    {
        public override string? EntityId(object message) => (message as Locate)?.Peer.Value;
    }
}
