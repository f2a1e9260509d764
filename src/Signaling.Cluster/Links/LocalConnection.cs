using Akka.Actor;
using Signaling.Actors.Protocol;

namespace Signaling.Cluster.Links;

/// <summary>A connection of this node that mailboxes on other nodes know, by its number. Safe for parallel use.</summary>
internal sealed class LocalConnection(IActorRef connection, long number)
{
    private readonly HashSet<NodeLink> _links = [];
    private readonly Dictionary<PeerId, NodeLink> _attached = [];

    public IActorRef Ref { get; } = connection;

    public long Number { get; } = number;

    /// <summary>It registers with a mailbox there.</summary>
    public void Attaches(PeerId peer, NodeLink link)
    {
        lock (_links)
        {
            _links.Add(link);
            _attached[peer] = link;
        }
    }

    /// <summary>It gives the id up.</summary>
    public void Detaches(PeerId peer, NodeLink link)
    {
        lock (_links)
        {
            if (_attached.GetValueOrDefault(peer) == link) _attached.Remove(peer);
        }
    }

    /// <summary>The node there is no member any more.</summary>
    public void Loses(NodeLink link)
    {
        PeerId[] lost;
        lock (_links)
        {
            if (!_links.Remove(link)) return;
            lost = [.. from attached in _attached where attached.Value == link select attached.Key];
            foreach (var peer in lost) _attached.Remove(peer);
        }
        foreach (var peer in lost) Ref.Tell(new Actors.Messages.MailboxProtocol.AttachAgain(peer), ActorRefs.NoSender);
    }

    /// <summary>It has ended.</summary>
    public void End()
    {
        NodeLink[] links;
        lock (_links) links = [.. _links];
        foreach (var link in links) link.ConnectionGone(Number);
    }
}
