using Akka.Actor;
using Akka.Cluster;
using Signaling.Actors.Connections;
using Signaling.Actors.Directory;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Presence;
using Signaling.Actors.Privacy;
using Signaling.Actors.Protocol;
using Signaling.Actors.Stats;
using Signaling.Actors.Tests.Testing;
using Signaling.Actors.Turn;
using Signaling.Cluster.Mailboxes;

namespace Signaling.Cluster.Tests.Simulation;

/// <summary>One node of a <see cref="SimulatedCluster"/>.</summary>
internal sealed class SimulatedNode
{
    private readonly SimulatedCluster _cluster;
    private readonly List<IActorRef> _actors;

    public SimulatedNode(SimulatedCluster cluster, int number)
    {
        (_cluster, Number, Disk) = (cluster, number, new SharedStore.Client(cluster.Store));
        Mailboxes = new ClusterMailboxes(cluster.Options, cluster.Clock);
        var metrics = new SignalingMetrics(Measured, cluster.Clock, () => 0);
        Services = new MailboxServices(
            cluster.MailboxOptions, Disk, new StoreHealth(cluster.Clock, Logged), cluster.Clock, metrics, Logged, new LogNames(IdsInLog.Escaped));
        Region = cluster.Started(Props.Create<SimulatedRegion>(cluster, this), $"region-{number}");
        var finder = cluster.Started(Props.Create<FinderActor>(Mailboxes, Region), $"finder-{number}");
        Mailboxes.Started((IInternalActorRef)finder);
        _actors = [Region, finder];
    }

    public int Number { get; }

    public UniqueAddress Address => new(new Address("akka.tcp", "signaling", $"node-{Number}", 9_003), Number);

    public SharedStore.Client Disk { get; }

    public ClusterMailboxes Mailboxes { get; }

    public MailboxServices Services { get; }

    public IActorRef Region { get; }

    public IActorRef Directory { get; private set; } = ActorRefs.Nobody;

    public List<SimulatedLink> Links { get; } = [];

    public List<InMemorySocket> Sockets { get; } = [];

    public Measurements Measured { get; } = new();

    public LogLines Logged { get; } = new();

    public bool IsDead { get; private set; }

    public void Start()
    {
        Directory = _cluster.Started(
            PeerDirectoryActor.Props(new DirectoryServices(
                new ConnectionOptions(), _cluster.Limits, new PresenceOptions(), new IceServers(new TurnOptions(), _cluster.Clock), Mailboxes, Services, _cluster.Clock,
                Services.Metrics, Authorizer: null, Logged)),
            $"peers-{Number}");
        _actors.Add(Directory);
    }

    /// <summary>What it does from now on reaches nobody.</summary>
    public void Die()
    {
        IsDead = Disk.IsDead = true;
        foreach (var socket in Sockets) socket.Vanish();
        foreach (var actor in _actors.Concat(Links.Select(link => link.Pump))) _cluster.Told(actor, PoisonPill.Instance);
        Measured.Dispose();
    }

    /// <summary>The mailbox that runs here, if one does.</summary>
    public IActorRef? Mailbox(PeerId peer)
    {
        var shard = ((ActorRefWithCell)Region).GetSingleChild(SimulatedRegion.NameOf(peer));
        return shard.IsNobody() ? null : ((ActorRefWithCell)shard).Children.SingleOrDefault();
    }
}
