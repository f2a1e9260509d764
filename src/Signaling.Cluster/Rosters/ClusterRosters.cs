using Akka.Actor;
using Signaling.Actors.Directory;
using Signaling.Cluster.Links;
using Signaling.Cluster.Wire;
using static Signaling.Actors.Directory.ReplicaProtocol;

namespace Signaling.Cluster.Rosters;

/// <summary>Brings the directory of this node and those of the others together: a node is its link. Its <see cref="ReplicatorActor"/> tells the others, this tells the directory.</summary>
/// <remarks>
/// Each end of a link that opens tells everybody it has. A directory that fails is started anew by its supervisor, and has forgotten what both ends know: it says so, and is told everybody
/// again. What comes for it before it runs it need not hear, for that reason.
/// </remarks>
/// <param name="grace">How long the peers of a node that is gone have to come back.</param>
internal sealed class ClusterRosters(TimeSpan grace) : IRosterReplicas, ILinkReceiver
{
    private readonly Lock _gate = new();
    private readonly HashSet<NodeLink> _links = [];
    private volatile IActorRef _directory = ActorRefs.Nobody;
    private volatile IActorRef _replicator = ActorRefs.Nobody;

    public bool HasOthers
    {
        get
        {
            lock (_gate) return _links.Count > 0;
        }
    }

    public IActorRef Start(IActorContext directory)
    {
        lock (_gate)
        {
            _directory = directory.Self;
            return _replicator = directory.Watch(directory.ActorOf(ReplicatorActor.Props([.. _links]), "replicator"));
        }
    }

    public void LinkOpened(NodeLink link)
    {
        lock (_gate)
        {
            _links.Add(link);
            _replicator.Tell(new ReplicatorActor.LinkOpened(link), ActorRefs.NoSender);
        }
    }

    public void LinkClosed(NodeLink link)
    {
        lock (_gate)
        {
            _links.Remove(link);
            _replicator.Tell(new ReplicatorActor.LinkClosed(link), ActorRefs.NoSender);
            _directory.Tell(new Forget(link, grace), ActorRefs.NoSender);
        }
    }

    public void Take(NodeLink link, ItemKind kind, ItemReader item)
    {
        if (kind != ItemKind.Roster) return;
        if (RosterItems.TryRead(item, out var states))
        {
            if (states.Count > 0) _directory.Tell(new Replicate(link, states), ActorRefs.NoSender);
            return;
        }
        _directory.Tell(new Forget(link, grace), ActorRefs.NoSender);
        _directory.Tell(new AskOwnPeers(link), _replicator);
    }
}
