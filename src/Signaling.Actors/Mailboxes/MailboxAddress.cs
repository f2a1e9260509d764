using Akka.Actor;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Mailboxes;

/// <summary>Where one peer's mailbox is reached on this node. While there is no mailbox, or it starts or stops, commands wait here, in order.</summary>
/// <param name="peer">Whose mailbox.</param>
internal abstract class MailboxAddress(PeerId peer)
{
    public PeerId Peer { get; } = peer;

    /// <summary>From the mailbox: commands go to it from now on, those that waited first.</summary>
    public abstract void LeadTo(IActorRef mailbox);

    /// <summary>From the mailbox: commands wait from now on; those before are in its queue.</summary>
    /// <returns>False where they wait already.</returns>
    public abstract bool TryHold();

    /// <summary>From the mailbox: it has stopped.</summary>
    /// <param name="mailbox">It.</param>
    /// <param name="willRestart">It failed, and starts anew.</param>
    public virtual void Stopped(IActorRef mailbox, bool willRestart)
    {
    }

    /// <summary>Whether the peer may be here although the mailbox that opens now knows nothing of it: its connection is about to attach again.</summary>
    /// <param name="parent">Of the mailbox.</param>
    public virtual bool ExpectsConnection(IActorRef parent) => false;
}
