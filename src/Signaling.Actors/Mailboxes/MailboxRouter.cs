using System.Collections.Concurrent;
using Akka.Actor;
using Signaling.Actors.Protocol;
using static Signaling.Actors.Messages.MailboxProtocol;

namespace Signaling.Actors.Mailboxes;

/// <summary>Takes commands for any mailbox of a node that is no part of a cluster. They go straight to the mailbox on the thread of who tells them, as through
/// Akka's routers: an actor between would be one for all, and a turn more for each message.</summary>
/// <param name="region">Starts and stops the mailboxes.</param>
internal sealed class MailboxRouter(IInternalActorRef region) : MinimalActorRef
{
    private readonly ConcurrentDictionary<PeerId, LocalMailboxAddress> _addresses = new();

    public override ActorPath Path => region.Path / "router";

    public override IActorRefProvider Provider => region.Provider;

    /// <summary>The address is not used any more.</summary>
    public void Remove(LocalMailboxAddress gone) => _addresses.TryRemove(new KeyValuePair<PeerId, LocalMailboxAddress>(gone.Peer, gone));

    protected override void TellInternal(object message, IActorRef sender)
    {
        var command = (IMailboxCommand)message;
        if (command is Withdraw) return;                            // nothing waits for long here
        while (!AddressOf(command.Peer).TryTell(command, sender))
        {
            // It went meanwhile; the next one is another.
        }
    }

    private LocalMailboxAddress AddressOf(PeerId peer)
    {
        if (_addresses.TryGetValue(peer, out var known)) return known;
        var address = new LocalMailboxAddress(peer, this);
        var found = _addresses.GetOrAdd(peer, address);
        if (found == address) region.Tell(new MailboxRegionActor.Start(address), ActorRefs.NoSender);
        return found;
    }
}
