using System.Text.Json;
using Akka.Actor;
using Akka.Cluster;
using Signaling.Actors.Connections;
using Signaling.Actors.Directory;
using Signaling.Actors.Limits;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Messages;
using Signaling.Actors.Presence;
using Signaling.Actors.Privacy;
using Signaling.Actors.Protocol;
using Signaling.Actors.Stats;
using Signaling.Actors.Tests.Testing;
using Signaling.Actors.Turn;
using Signaling.Cluster.Links;
using Signaling.Cluster.Rosters;
using Signaling.Cluster.Wire;
using static Signaling.Actors.Directory.ReplicaProtocol;
using static Signaling.Actors.Messages.DirectoryProtocol;

namespace Signaling.Cluster.Tests.Presence;

/// <summary>The directories of some nodes on virtual time. Their links carry the real bytes, with a delay; connections are played by the test.</summary>
public abstract class VirtualCluster : VirtualTimeSpecs
{
    private readonly List<VirtualNode> _nodes = [];
    private int _number;

    /// <summary>How long a batch is under way.</summary>
    internal TimeSpan Delay { get; set; }

    internal TimeSpan ReturnGrace { get; set; } = TimeSpan.FromSeconds(5);

    internal PresenceOptions Presence { get; } = new();

    /// <summary>Those that are members.</summary>
    internal IReadOnlyList<VirtualNode> Nodes => _nodes;

    /// <summary>A node joins.</summary>
    internal VirtualNode Join()
    {
        var node = new VirtualNode(this, ++_number);
        foreach (var other in _nodes)
        {
            var (there, back) = (other.LinkTo(node), node.LinkTo(other));
            (there.Back, back.Back) = (back, there);
            other.Rosters.LinkOpened(there.Link);
            node.Rosters.LinkOpened(back.Link);
        }
        _nodes.Add(node);
        node.Start();
        return node;
    }

    /// <summary>A node is gone; what it had sent and did not arrive is lost.</summary>
    internal void Lose(VirtualNode node)
    {
        _nodes.Remove(node);
        foreach (var link in node.Links)
        {
            link.IsCut = link.Back.IsCut = true;
            link.Back.Link.Close();
            link.Back.From.Rosters.LinkClosed(link.Back.Link);
            link.Back.From.Links.Remove(link.Back);
        }
        Tell(node.Directory, PoisonPill.Instance);
    }

    internal PeerOnline Online(string peer, long epoch, Device? device = null) => new(NodeSpecs.Peer(peer), new Epoch(1, epoch), ActorRefs.Nobody, device ?? Device.Unknown);

    internal PeerOffline Offline(string peer, long epoch, bool isReplaced = false) => new(NodeSpecs.Peer(peer), new Epoch(1, epoch), isReplaced);

    internal void Told(IActorRef actor, object message, IActorRef? sender = null) => Tell(actor, message, sender);

    /// <summary>Lets everything happen until something holds that another thread brings about: Akka's own guardian restarts a directory.</summary>
    internal void Eventually(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(
        () =>
        {
            Settle();
            return condition();
        },
        TimeSpan.FromSeconds(30)));

    internal void AdvanceBy(TimeSpan time) => Advance(time);

    internal IActorRef Started(Props props, string name) => Start(props, name);

    internal DirectoryServices Services(VirtualNode node)
    {
        var store = new InMemoryMailboxStore();
        var health = new StoreHealth(Time, node.Logged);
        var mailbox = new MailboxServices(new MailboxOptions(), store, health, Time, node.Metrics, node.Logged, new LogNames(IdsInLog.Escaped));
        return new DirectoryServices(
            new ConnectionOptions(), new LimitOptions(), Presence, new IceServers(new TurnOptions(), Time), new LocalMailboxes(mailbox), mailbox, Time, node.Metrics, Authorizer: null, node.Logged, node);
    }

    internal SignalingMetrics NewMetrics(Measurements measured) => new(measured, Time, () => 0);

    internal InMemorySocket Connect(VirtualNode node)
    {
        var socket = new InMemorySocket(Time, Settle) { ShowsLifeAlways = true };
        Tell(node.Directory, new Connect(socket, Signaling.Actors.Auth.ClientOrigin.Unknown));
        return socket;
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        foreach (var node in _nodes) node.Measured.Dispose();
    }
}

/// <summary>One of them.</summary>
internal sealed class VirtualNode : IRosterReplicas
{
    private readonly VirtualCluster _cluster;
    private readonly int _number;
    private int _starts;

    public VirtualNode(VirtualCluster cluster, int number)
    {
        (_cluster, _number) = (cluster, number);
        Rosters = new ClusterRosters(cluster.ReturnGrace);
        Metrics = cluster.NewMetrics(Measured);
    }

    public UniqueAddress Address => new(new Address("akka.tcp", "signaling", $"node-{_number}", 1), _number);

    public ClusterRosters Rosters { get; }

    public Measurements Measured { get; } = new();

    public SignalingMetrics Metrics { get; }

    public LogLines Logged { get; } = new();

    public IActorRef Directory { get; private set; } = ActorRefs.Nobody;

    public List<VirtualLink> Links { get; } = [];

    bool IRosterReplicas.HasOthers => Rosters.HasOthers;

    IActorRef IRosterReplicas.Start(IActorContext directory)
    {
        _starts++;
        return Rosters.Start(directory);
    }

    public void Start() => Directory = _cluster.Started(PeerDirectoryActor.Props(_cluster.Services(this)), $"peers-{_number}");

    /// <summary>A client that is told of everybody.</summary>
    public InMemorySocket Observe(string? name = null)
    {
        var socket = _cluster.Connect(this);
        socket.Says($$"""{"type":"register","peerId":"{{name ?? $"observer-{_number}"}}","presence":"all"}""");
        return socket;
    }

    public void Online(string peer, long epoch, Device? device = null) => _cluster.Told(Directory, _cluster.Online(peer, epoch, device));

    public void Offline(string peer, long epoch, bool isReplaced = false) => _cluster.Told(Directory, _cluster.Offline(peer, epoch, isReplaced));

    /// <summary>Its directory fails, and begins anew, with those who knew it before.</summary>
    public void FailDirectory()
    {
        var starts = _starts;
        _cluster.Told(((ActorRefWithCell)Directory).GetSingleChild("replicator"), Kill.Instance);
        _cluster.Eventually(() => _starts > starts);
    }

    public VirtualLink LinkTo(VirtualNode other)
    {
        var link = new VirtualLink(this, other, _cluster);
        Links.Add(link);
        return link;
    }

    /// <summary>Everybody that a client is told of.</summary>
    public string[] Listed() => [.. Ask(new ListPeers([], Page: null)).GetProperty("peers").EnumerateArray().Select(entry => entry.GetProperty("peerId").GetString()!)];

    /// <summary>The answer to a client's question.</summary>
    public JsonElement Ask(object question)
    {
        var asking = new Asking();
        _cluster.Told(Directory, question, asking);
        return JsonDocument.Parse((byte[])[.. asking.Answer.Json.Span, .. asking.Answer.Rest.Span]).RootElement;
    }

    private sealed class Asking : MinimalActorRef
    {
        public Answer Answer { get; private set; } = new(default);

        public override ActorPath Path { get; } = new RootActorPath(new Address("akka", "test")) / "asking";

        public override IActorRefProvider Provider => throw new NotSupportedException();

        protected override void TellInternal(object message, IActorRef sender) => Answer = (Answer)message;
    }
}

/// <summary>One direction between two of them.</summary>
internal sealed class VirtualLink
{
    private readonly VirtualCluster _cluster;
    private readonly IActorRef _pump;
    private readonly PeerIds _ids = new();

    public VirtualLink(VirtualNode from, VirtualNode to, VirtualCluster cluster)
    {
        (From, To, _cluster) = (from, to, cluster);
        _pump = cluster.Started(Props.Create<Pump>(this), $"link-{from.Address.Uid}-{to.Address.Uid}");
        Link = new NodeLink(to.Address, _pump, maxBytes: 1_000_000);
    }

    public NodeLink Link { get; }

    public VirtualNode From { get; }

    public VirtualNode To { get; }

    /// <summary>The other direction.</summary>
    public VirtualLink Back { get; set; } = null!;

    public bool IsCut { get; set; }

    /// <summary>The other node reads nothing; with <see cref="ReadOn"/> it does again.</summary>
    public bool IsStuck { get; set; }

    /// <summary>What the items that arrived say; an empty one where the directory has begun anew.</summary>
    public List<List<PeerState>> Items { get; } = [];

    public void ReadOn()
    {
        IsStuck = false;
        _cluster.Told(_pump, LinkActor.Flush.Instance);
    }

    private void Arrive(ReadOnlyMemory<byte> items)
    {
        if (IsCut) return;
        for (var batch = new ItemReader(items.Span, _ids); !batch.IsAtEnd;)
        {
            var item = batch.ReadItem(out var kind);
            RosterItems.TryRead(item, out var states);
            Items.Add(states);
            To.Rosters.Take(Back.Link, kind, item);
        }
    }

    private sealed class Pump : ReceiveActor, IWithTimers
    {
        private readonly Queue<ReadOnlyMemory<byte>> _underWay = [];
        private int _number;

        public Pump(VirtualLink link)
        {
            Receive<LinkActor.Flush>(_ =>
            {
                while (!link.IsStuck && link.Link.Take() is { } batch)
                {
                    if (link._cluster.Delay == TimeSpan.Zero && _underWay.Count == 0)
                    {
                        link.Arrive(batch.Written);
                        continue;
                    }
                    _underWay.Enqueue(batch.Written);
                    Timers.StartSingleTimer(++_number, "due", link._cluster.Delay);
                }
            });
            Receive<string>(_ => link.Arrive(_underWay.Dequeue()));
        }

        public ITimerScheduler Timers { get; set; } = null!;        // set by Akka before PreStart
    }
}
