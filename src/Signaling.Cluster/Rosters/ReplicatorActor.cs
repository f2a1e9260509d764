using Akka.Actor;
using Signaling.Cluster.Links;
using static Signaling.Actors.Directory.ReplicaProtocol;

namespace Signaling.Cluster.Rosters;

/// <summary>Tells the other nodes what the peers of this one do: at first everybody, then what changes; batched, and of each peer the last.</summary>
internal sealed class ReplicatorActor : ReceiveActor, IWithTimers
{
    /// <summary>Others are told no more often than this.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(20);

    /// <summary>While so many bytes wait in a link, whatever they are, nothing is added: a message that is relayed waits behind no more than this.</summary>
    private const int MaxWaitingBytes = 262_144;

    private readonly Dictionary<NodeLink, PendingStates> _nodes;

    /// <param name="links">Those that are open: their nodes know what the directory told before it failed, if it did.</param>
    public ReplicatorActor(IReadOnlyCollection<NodeLink> links)
    {
        _nodes = links.ToDictionary(link => link, _ => new PendingStates());
        foreach (var link in links) link.RosterStarted();
        Receive<LinkOpened>(opened =>
        {
            _nodes[opened.Link] = new PendingStates();
            Context.Parent.Tell(new AskOwnPeers(opened.Link));
        });
        Receive<LinkClosed>(closed => _nodes.Remove(closed.Link));
        Receive<OwnPeers>(own =>
        {
            if (!_nodes.TryGetValue((NodeLink)own.Node, out var pending)) return;
            foreach (var peer in own.Peers) pending.Add(peer);
            TellInTime();
        });
        Receive<PeerState>(state =>
        {
            foreach (var pending in _nodes.Values) pending.Add(state);
            TellInTime();
        });
        Receive<Rested>(_ => TellOthers());
    }

    public ITimerScheduler Timers { get; set; } = null!;            // set by Akka before PreStart

    public static Props Props(IReadOnlyCollection<NodeLink> links) => Akka.Actor.Props.Create<ReplicatorActor>(links);

    private void TellInTime()
    {
        if (!Timers.IsTimerActive(nameof(Rested))) TellOthers();
    }

    private void TellOthers()
    {
        var isTold = false;
        foreach (var (link, pending) in _nodes)
        {
            isTold |= pending.Count > 0;
            while (pending.Count > 0 && link.WaitingBytes < MaxWaitingBytes && link.TryRoster(pending))
            {
                // An item holds so many.
            }
        }
        if (isTold) Timers.StartSingleTimer(nameof(Rested), Rested.Instance, Rest);
    }

    /// <summary>A node is a member of the cluster; it knows nothing yet.</summary>
    internal sealed record LinkOpened(NodeLink Link);

    /// <summary>It is none any more.</summary>
    internal sealed record LinkClosed(NodeLink Link);

    private sealed record Rested
    {
        public static readonly Rested Instance = new();
    }
}
