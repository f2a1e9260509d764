using Akka.Actor;

namespace Signaling.Actors.Mailboxes;

/// <summary>Where a node's mailboxes are: on itself, or on all the nodes of a cluster.</summary>
internal interface IMailboxes
{
    /// <summary>Starts them with their directory.</summary>
    /// <param name="directory">The directory's.</param>
    /// <returns>Takes <see cref="Messages.MailboxProtocol.IMailboxCommand"/>s for any peer, from any thread.</returns>
    IActorRef Start(IActorContext directory);
}

/// <summary>All mailboxes are this node's own.</summary>
internal sealed class LocalMailboxes(MailboxServices services) : IMailboxes
{
    /// <summary>Where they fail, the directory fails, too: the node's state starts anew, its clients return.</summary>
    public IActorRef Start(IActorContext directory) =>
        new MailboxRouter((IInternalActorRef)directory.Watch(directory.ActorOf(MailboxRegionActor.Props(services), "mailboxes")));
}
