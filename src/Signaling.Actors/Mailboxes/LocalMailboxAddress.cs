using Akka.Actor;
using Signaling.Actors.Protocol;
using static Signaling.Actors.Messages.MailboxProtocol;

namespace Signaling.Actors.Mailboxes;

/// <summary>The address of a mailbox that can be on this node only.</summary>
/// <param name="peer">Whose mailbox.</param>
/// <param name="router">Where it is found.</param>
internal sealed class LocalMailboxAddress(PeerId peer, MailboxRouter router) : MailboxAddress(peer)
{
    private List<(IMailboxCommand Command, IActorRef Sender)>? _waiting;
    private IActorRef? _mailbox;
    private bool _isGone;

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

    public override void LeadTo(IActorRef mailbox)
    {
        lock (this)
        {
            foreach (var (command, sender) in _waiting ?? []) mailbox.Tell(command, sender);
            (_mailbox, _waiting) = (mailbox, null);
        }
    }

    public override bool TryHold()
    {
        lock (this)
        {
            if (_mailbox is null) return false;
            _mailbox = null;
            return true;
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
