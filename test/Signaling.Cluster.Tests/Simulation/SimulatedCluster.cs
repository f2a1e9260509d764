using Akka.Actor;
using Signaling.Actors.Auth;
using Signaling.Actors.Limits;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Messages;
using Signaling.Actors.Protocol;
using Signaling.Actors.Tests.Testing;
using Signaling.Cluster.Hosting;
using static Signaling.Actors.Messages.MailboxProtocol;

namespace Signaling.Cluster.Tests.Simulation;

/// <summary>Whole nodes on virtual time, with clients in memory: their connections, mailboxes and links are real. Their shards, the wire and the database are played.</summary>
/// <remarks>Each mailbox is a shard of its own. What is asked of a shard that is on the move, or on a node that is gone, is lost, as Akka's shards may lose it.</remarks>
public abstract class SimulatedCluster : VirtualTimeSpecs
{
    private readonly List<SimulatedNode> _nodes = [];
    private readonly Dictionary<PeerId, Home> _homes = [];
    private int _joined;

    protected SimulatedCluster() => Store = new SharedStore(Sys.Scheduler);

    /// <summary>How long it takes until the others notice that a node is gone.</summary>
    internal static TimeSpan Detection { get; } = TimeSpan.FromSeconds(6);

    internal SharedStore Store { get; }


    /// <summary>How long a batch is under way from one node to another, or a question after a mailbox.</summary>
    internal TimeSpan Delay { get; set; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Of links alone: so that what Akka's remoting carries may come earlier than what was sent before by a link.</summary>
    internal TimeSpan? LinkDelay { get; set; }

    /// <summary>Questions after mailboxes are lost.</summary>
    internal bool LosesQuestions { get; set; }

    internal ClusterOptions Options { get; } = new();

    internal MailboxOptions MailboxOptions { get; } = new() { Capacity = 10_000 };

    internal LimitOptions Limits { get; } = new() { MessagesPerSecond = 1_000_000, MessageBurst = 1_000_000, RecipientsPerMinute = 1_000_000 };

    internal TimeProvider Clock => Time;

    /// <summary>Those that live.</summary>
    internal IReadOnlyList<SimulatedNode> Nodes => _nodes;

    internal SimulatedNode Join()
    {
        var node = new SimulatedNode(this, ++_joined);
        node.Start();
        foreach (var other in _nodes) SimulatedLink.Open(this, node, other);
        _nodes.Add(node);
        return node;
    }

    /// <summary>A node's process is killed.</summary>
    internal void Kill(SimulatedNode node)
    {
        _nodes.Remove(node);
        node.Die();
        Sys.Scheduler.Advanced.ScheduleOnce(Detection, () =>
        {
            foreach (var link in node.Links.ToArray()) link.Back.Close();
            foreach (var home in _homes.Values.Where(home => home.Node == node).ToArray()) (home.Node, home.IsMoving) = (Live(home.Next ?? node), false);
        });
    }

    /// <summary>A mailbox is to be on this node.</summary>
    internal void Move(PeerId peer, SimulatedNode to)
    {
        var home = HomeOf(peer, to);
        if (home.IsMoving || home.Node == to || home.Node.IsDead) return;
        (home.IsMoving, home.Next) = (true, to);
        Tell(home.Node.Region, new SimulatedRegion.HandOff(peer));
    }

    /// <summary>Where a mailbox is, or is to be when it is needed.</summary>
    internal void Place(PeerId peer, SimulatedNode node) => HomeOf(peer, node);

    internal bool IsMoving(PeerId peer) => _homes.TryGetValue(peer, out var home) && home.IsMoving;

    /// <summary>From a shard: its mailbox has stopped.</summary>
    internal void HandedOff(PeerId peer)
    {
        var home = _homes[peer];
        if (home.Node.IsDead) return;
        (home.Node, home.IsMoving) = (Live(home.Next!), false);
    }

    /// <summary>From a region: one of its node's actors looks for a mailbox.</summary>
    internal void Route(SimulatedNode from, PeerId peer, IActorRef asker)
    {
        var home = HomeOf(peer, from);
        if (LosesQuestions || home.IsMoving || home.Node.IsDead) return;
        After(home.Node == from ? TimeSpan.Zero : Delay, home.Node.Region, new SimulatedRegion.Asked(peer, new Asker(this, from, home.Node, asker)));
    }

    internal bool IsHome(PeerId peer, SimulatedNode node) => _homes.TryGetValue(peer, out var home) && home.Node == node && !home.IsMoving && !node.IsDead;

    /// <summary>A client whose WebSocket is open.</summary>
    internal InMemorySocket Connect(SimulatedNode node, bool isWritable = true, bool confirms = true, Action<string>? onReceived = null)
    {
        var socket = new InMemorySocket(Time, Settle) { IsWritable = isWritable, ShowsLifeAlways = true, Confirms = confirms, OnReceived = onReceived };
        node.Sockets.Add(socket);
        Tell(node.Directory, new DirectoryProtocol.Connect(socket, ClientOrigin.Unknown));
        return socket;
    }

    /// <summary>A client that registers.</summary>
    internal InMemorySocket Register(SimulatedNode node, string peer, bool isWritable = true, bool confirms = true)
    {
        var socket = Connect(node, isWritable, confirms);
        socket.Says($$"""{"type":"register","peerId":"{{peer}}"}""");
        return socket;
    }

    internal IActorRef Started(Props props, string name) => Start(props, name);

    internal void Told(IActorRef actor, object message) => Tell(actor, message);

    /// <summary>Lets time pass, all of it in small steps.</summary>
    internal void Pass(TimeSpan time)
    {
        var most = TimeSpan.FromMinutes(1);
        for (; time > TimeSpan.Zero; time -= most) Advance(time < most ? time : most);
    }

    internal void SettleAll() => Settle();

    /// <summary>The mailbox of a peer, where it runs.</summary>
    internal IActorRef? Mailbox(PeerId peer) => _homes.TryGetValue(peer, out var home) ? home.Node.Mailbox(peer) : null;

    /// <summary>The database cannot be reached from one node for a while, shorter than a hand-off may take.</summary>
    internal void FailStore(SimulatedNode node, TimeSpan time)
    {
        node.Disk.Failing++;
        Sys.Scheduler.Advanced.ScheduleOnce(time, () => node.Disk.Failing--);
    }

    /// <summary>A mailbox fails.</summary>
    internal void Fail(IActorRef mailbox)
    {
        Tell(mailbox, Akka.Actor.Kill.Instance);
        ExpectFailures();
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        foreach (var node in _nodes) node.Measured.Dispose();
    }

    private Home HomeOf(PeerId peer, SimulatedNode first)
    {
        if (!_homes.TryGetValue(peer, out var home)) _homes[peer] = home = new Home(first);
        return home;
    }

    private SimulatedNode Live(SimulatedNode wanted) => _nodes.Contains(wanted) ? wanted : _nodes[0];

    private void After(TimeSpan delay, IActorRef actor, object message, IActorRef? sender = null)
    {
        if (delay == TimeSpan.Zero) actor.Tell(message, sender ?? ActorRefs.NoSender);
        else Sys.Scheduler.ScheduleTellOnce(delay, actor, message, sender ?? ActorRefs.NoSender);
    }

    private sealed class Home(SimulatedNode node)
    {
        public SimulatedNode Node { get; set; } = node;

        public bool IsMoving { get; set; }

        public SimulatedNode? Next { get; set; }
    }

    /// <summary>Who looks for a mailbox, as that sees it: the answer goes to it over the wire.</summary>
    private sealed class Asker(SimulatedCluster cluster, SimulatedNode from, SimulatedNode home, IActorRef finder) : MinimalActorRef
    {
        public override ActorPath Path => finder.Path;

        public override IActorRefProvider Provider => null!;

        protected override void TellInternal(object message, IActorRef sender)
        {
            if (cluster.LosesQuestions || home.IsDead) return;
            Assert.IsType<Located>(message);
            if (from == home) finder.Tell(message, sender);
            else cluster.After(cluster.Delay, finder, message, new FarActor(home));
        }
    }

    /// <summary>An actor as it is seen from another node.</summary>
    private sealed class FarActor(SimulatedNode node) : MinimalActorRef
    {
        public override ActorPath Path { get; } = new RootActorPath(node.Address.Address) / "user" / "mailbox";

        public override IActorRefProvider Provider => null!;
    }
}
