using Akka.Actor;
using Signaling.Actors.Protocol;
using static Signaling.Actors.Messages.MailboxProtocol;

namespace Signaling.Actors.Mailboxes;

/// <content>What it does with each message, one method for each of its states.</content>
internal sealed partial class MailboxActor
{
    protected override void OnReceive(object message) => Opening(message);

    private void Opening(object message)
    {
        switch (message)
        {
            case OpenedMailbox opened:
                _keeper.Received();
                _keeper.Opened(opened);
                _cannotOpen = null;
                Become(Away);
                Stash.UnstashAll();
                _idleAt = Now + _services.Options.IdleTimeout;
                Self.Tell(Due.Clock);                               // behind what waited: an Attach there must not meet a mailbox on its way out
                if (!_mailbox.IsStored) Self.Tell(Due.Retry);
                break;
            case MailboxKeeper.OpenFailed failed:
                _keeper.Received();
                _cannotOpen = failed.Failure;
                Timers.StartSingleTimer(Due.Open, Due.Open, PauseAfter(failed.Failure));
                Stash.UnstashAll();
                break;
            case Due.Open when IsDamaged && IsDispensable:          // it is tried again for who comes after that
                AskToStop();
                break;
            case Due.Open:
                _keeper.Open();
                break;
            case Attach when !IsDamaged && !Stash.IsFull:
            case Deliver when _cannotOpen is null && !Stash.IsFull:
            case SlowedAttaches.Due when !IsDamaged:
                Stash.Stash();
                break;
            case Attach attach:
                attach.Connection.Tell(new NotAttached(_peer));
                break;
            case Deliver deliver:
                Sender.Tell(new Refused(deliver.Id, ErrorCode.StoreUnavailable));
                break;
            case SlowedAttaches.Due due:
                if (_slowed.TryTake(due.Attach.Connection)) due.Attach.Connection.Tell(new NotAttached(_peer));
                break;
            case Due or IMailboxCommand:                            // of an epoch that is over
                break;
            case Terminated gone:
                _slowed.Forget(gone.ActorRef);
                break;
            case MailboxRegionActor.Stop when IsDamaged:
                Stop();
                break;
            case MailboxRegionActor.Stop:                           // somebody waits for it
                Context.Parent.Tell(new MailboxRegionActor.Needed(_address));
                break;
            case MailboxKeeper.IOutcome outcome:
                Settle(outcome);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Away(object message)
    {
        switch (message)
        {
            case Deliver deliver:
                Keep(deliver);
                break;
            default:
                WhenOpen(message);
                break;
        }
    }

    private void Here(object message)
    {
        switch (message)
        {
            case Detach detach when detach.Epoch == _mailbox.Epoch:
                _keeper.Confirm(detach.Through);
                Leave();
                break;
            case Confirm confirm when confirm.Epoch == _mailbox.Epoch:
                _keeper.Confirm(confirm.Through);
                HandOver();
                break;
            case Deliver deliver:
                var now = Now;
                if (Take(deliver, now)) HandOver(now);
                break;
            default:
                WhenOpen(message);
                break;
        }
    }

    /// <summary>The new connection is registered. What the replaced one was handed is confirmed by it or delivered again; everything newer waits behind.</summary>
    private void TakingOver(object message)
    {
        switch (message)
        {
            case Detach detach when detach.Epoch == _mailbox.Epoch:
                Leave();
                break;
            case Detach detach when detach.Epoch == _replaced.Epoch:
                FinishTakeover(detach.Through);
                break;
            case Confirm confirm when confirm.Epoch == _replaced.Epoch:
                _keeper.Confirm(confirm.Through);
                break;
            case Deliver deliver:
                Take(deliver, Now);
                break;
            case Terminated gone when gone.ActorRef.Equals(_replaced.Connection) && !gone.ActorRef.Equals(_connection):
                FinishTakeover(through: 0);
                break;
            default:
                WhenOpen(message);
                break;
        }
    }

    /// <summary>What is the same in all states but Opening.</summary>
    private void WhenOpen(object message)
    {
        switch (message)
        {
            case Attach attach when attach.Connection.Equals(_connection):
                Refresh(attach);
                break;
            case Attach or SlowedAttaches.Due when IsAway && _mailbox.HasReleased:
                Reopen();
                break;
            case Attach attach:
                if (IsAway || !_slowed.TryAdd(attach, Timers)) Enter(attach);
                break;
            case SlowedAttaches.Due due:
                if (_slowed.TryTake(due.Attach.Connection)) Enter(due.Attach);
                break;
            case Due.Clock:
                _wakeAt = DateTimeOffset.MaxValue;
                LookAtClock(Now);
                break;
            case Due.Retry:
                _keeper.Retry(IsAway);
                break;
            case Due.Takeover when !_replaced.Connection.IsNobody():
                FinishTakeover(through: 0);
                break;
            case Due:
                break;
            case Detach or Confirm:                                 // of an epoch that is over
                break;
            case Terminated gone when gone.ActorRef.Equals(_connection):
                Leave();
                break;
            case Terminated gone:
                _slowed.Forget(gone.ActorRef);
                break;
            case MailboxRegionActor.Stop:
                Stop();
                break;
            case MailboxKeeper.IOutcome outcome:
                Settle(outcome);
                break;
            default:
                Unhandled(message);
                break;
        }
    }
}
