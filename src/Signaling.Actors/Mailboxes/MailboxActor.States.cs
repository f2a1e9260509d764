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
            case MailboxKeeper.OpenSucceeded opened when opened.By == _keeper:
                _keeper.Received();
                _keeper.Opened(opened.Mailbox);
                _cannotOpen = null;
                Opened();
                break;
            case MailboxKeeper.OpenFailed failed when failed.By == _keeper:
                _keeper.Received();
                _cannotOpen = failed.Failure;
                Timers.StartSingleTimer(Due.Open, Due.Open, PauseAfter(failed.Failure));
                if (_returning is not null) Self.Tell(_returning);
                (_isExpecting, _returning) = (false, null);
                Stash.UnstashAll();
                if (_isMoving) PrepareToMove();
                break;
            case Due.Open when IsDamaged && IsDispensable:          // it is tried again for who comes after that
                AskToStop();
                break;
            case Due.Open:
                _keeper.Open();
                break;
            case Attach attach when _isExpecting && _returning is null && !IsDamaged:
                _returning = attach;
                break;
            case Attach attach when _isMoving && _cannotOpen is not null:
                attach.Connection.Tell(new AttachAgain(_peer));
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
            case Terminated gone:
                _slowed.Forget(gone.ActorRef);
                break;
            case Due.Stop when _cannotOpen is not null && (IsDamaged || _isMoving):
                Stop();
                break;
            case Due.Stop when _isMoving:                           // as soon as it is open
                break;
            case Due.Stop:                                          // somebody waits for it
                _address.LeadTo(Self);
                break;
            case HandOff:
                _isMoving = true;
                if (_cannotOpen is null) break;
                Stash.UnstashAll();
                PrepareToMove();
                break;
            case Locate:
                Answer();
                break;
            case Due or IMailboxCommand:                            // of an epoch that is over
            case MailboxKeeper.OpenSucceeded or MailboxKeeper.OpenFailed: // asked for before it failed
                break;
            case MailboxKeeper.IOutcome outcome:
                Settle(outcome);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <summary>Open, and who sends waits a moment for the peer's connection, which is about to attach again.</summary>
    private void Expecting(object message)
    {
        switch (message)
        {
            case Attach attach:
                Timers.Cancel(Due.Return);
                _returning = attach;
                Opened();
                break;
            case Due.Return:
                _isExpecting = false;
                Opened();
                break;
            default:
                Opening(message);
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
            case Attach { Previous: { } previous } returning when !IsAway && (_previous is null || previous < _previous):
                returning.Connection.Tell(new Replaced(_peer, previous));
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
            case Detach or Confirm:                                 // of an epoch that is over
                break;
            case Terminated gone when gone.ActorRef.Equals(_connection):
                Leave();
                break;
            case Terminated gone:
                _slowed.Forget(gone.ActorRef);
                break;
            case Due.Stop:
                Stop();
                break;
            case HandOff:
                _isMoving = true;
                PrepareToMove();
                break;
            case Locate:
                Answer();
                break;
            case Due:
            case MailboxKeeper.OpenSucceeded or MailboxKeeper.OpenFailed: // asked for before it failed
                break;
            case MailboxKeeper.IOutcome outcome:
                Settle(outcome);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <summary>Another node is to have it: what the connection has is confirmed, the rest is stored, and nothing more is taken.</summary>
    private void Moving(object message)
    {
        switch (message)
        {
            case Confirm confirm when confirm.Epoch == _mailbox.Epoch:
                _keeper.Confirm(confirm.Through);
                break;
            case Detach detach when detach.Epoch == _mailbox.Epoch && !IsAway:
                _keeper.Confirm(detach.Through);
                LeaveAndStop();
                break;
            case Terminated gone when gone.ActorRef.Equals(_connection):
                LeaveAndStop();
                break;
            case Confirm confirm when IsOfReplaced(confirm.Epoch):
                _keeper.Confirm(confirm.Through);
                break;
            case Detach detach when IsOfReplaced(detach.Epoch):
                _keeper.Confirm(detach.Through);
                SendAwayAndStop();
                break;
            case Terminated gone when gone.ActorRef.Equals(_replaced.Connection):
            case Due.Takeover when !IsAway:
                SendAwayAndStop();
                break;
            case Due.Retry:
                _keeper.Retry(IsAway);
                break;
            case MailboxKeeper.IOutcome outcome:
                Settle(outcome);
                StopWhenStored();
                break;
        }
    }

    /// <summary>Fenced. What is in its queue is for whoever succeeds it; a message that another node keeps goes there by itself.</summary>
    private void StoodDown(object message)
    {
        switch (message)
        {
            case Attach attach:
                attach.Connection.Tell(new AttachAgain(_peer));
                break;
            case Deliver deliver when Sender is not ICustodian:
                Sender.Tell(new Refused(deliver.Id, ErrorCode.StoreUnavailable));
                break;
            case Due.Stop:
                Context.Stop(Self);
                break;
        }
    }
}
