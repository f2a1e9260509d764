using Akka.Actor;
using Signaling.Actors.Protocol;
using static Signaling.Actors.Messages.MailboxProtocol;

namespace Signaling.Actors.Mailboxes;

/// <summary>Where one peer's mailbox is reached: its actor, or, while that starts or stops, what keeps its commands in order until there is one.</summary>
/// <param name="peer">Whose mailbox.</param>
/// <param name="router">Where it is found.</param>
internal sealed class MailboxAddress(PeerId peer, MailboxRouter router)
{
    private List<(IMailboxCommand Command, IActorRef Sender)>? _waiting;
    private IActorRef? _mailbox;
    private bool _isGone;

    public PeerId Peer { get; } = peer;

    /// <returns>False where the mailbox has gone and left nothing: then the router knows this address no more.</returns>
    public bool TryTell(IMailboxCommand command, IActorRef sender)
    {
        lock (this)                                                 // one of many: it has no object for this alone
        {
            if (_isGone) return false;
            if (_mailbox is not null) _mailbox.Tell(command, sender);
            else (_waiting ??= []).Add((command, sender));
            return true;
        }
    }

    /// <summary>From now on commands go to this actor, those that waited first.</summary>
    public void LeadTo(IActorRef mailbox)
    {
        lock (this)
        {
            foreach (var (command, sender) in _waiting ?? []) mailbox.Tell(command, sender);
            (_mailbox, _waiting) = (mailbox, null);
        }
    }

    /// <summary>From now on commands wait; those before are in the actor's queue.</summary>
    /// <returns>The actor; null where they wait already.</returns>
    public IActorRef? Hold()
    {
        lock (this)
        {
            var mailbox = _mailbox;
            _mailbox = null;
            return mailbox;
        }
    }

    /// <summary>The actor has stopped.</summary>
    /// <returns>False where commands wait for another.</returns>
    public bool TryEnd()
    {
        lock (this)
        {
            if (_waiting is not null) return false;
            _isGone = true;
            router.Remove(this);
            return true;
        }
    }
}
