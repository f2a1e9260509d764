using Akka.Actor;
using Signaling.Actors.Auth;
using Signaling.Actors.Protocol;
using static Signaling.Actors.Messages.ConnectionProtocol;
using static Signaling.Actors.Messages.DirectoryProtocol;
using static Signaling.Actors.Messages.MailboxProtocol;
using static Signaling.Actors.Transport.SocketProtocol;

namespace Signaling.Actors.Connections;

/// <content>What it does with each message, one method for each of its states.</content>
internal sealed partial class ConnectionActor
{
    protected override void OnReceive(object message) => Open(message);

    private void Open(object message)
    {
        switch (message)
        {
            case Received received:
                Handle(received);
                break;
            case Attached attached:
                Renew(attached);
                break;
            case Violated violated:
                GiveUp(violated);
                break;
            case CloseReceived:
                AnswerClose();
                break;
            case Closed:
                End();
                break;
            default:
                WhileOpen(message);
                break;
        }
    }

    private void Registering(object message)
    {
        switch (message)
        {
            case Verdict verdict:
                Decide(verdict);
                break;
            case Status.Failure failure:
                Log.AuthorizerFailed(_services.Log, failure.Cause);
                Decide(Verdict.Unavailable);
                break;
            case Attached attached:
                Registered(attached);
                break;
            case Received or Violated:                              // what came before it is answered before it
                Stash.Stash();
                break;
            case CloseReceived:
                AfterStash(AnswerClose);
                break;
            case Closed:
                AfterStash(End);
                break;
            default:
                WhileOpen(message);
                break;
        }
    }

    private void WhileOpen(object message)
    {
        switch (message)
        {
            case HandOver handOver:
                Deliver(handOver);
                break;
            case Confirmed:
                Confirm();
                break;
            case Answer answer:
                _questions.Answered(answer);
                Ask();
                break;
            case Answers answers:
                _questions.Answered(answers);
                Ask();
                break;
            case Delivered delivered:
                _replies.Delivered(delivered);
                break;
            case Stored stored:
                _replies.Stored(stored);
                break;
            case Refused refused:
                _replies.Refuse(refused.Reason, id: refused.Id);
                break;
            case NotAttached refused:
                NotRegistered(refused);
                break;
            case AttachAgain successor:
                AttachTo(successor.Peer);
                break;
            case Release release:
                LetGo(release);
                break;
            case Replaced replaced:
                if (TryReplace(replaced)) Close(CloseCode.Normal, "replaced");
                break;
            case TooSlow:
                CutOff();
                break;
            case GoAway goAway:
                LeaveInTime(goAway);
                break;
            case Due.Leave:
                Leave(TimeSpan.Zero);
                break;
            case Due.Registration:
                Close(CloseCode.RegistrationTimeout, "registration timeout");
                break;
            case Due.Expiry:
                Expire();
                break;
            case Due.Confirm:
                _isConfirmDue = false;
                if (!_isConfirming && !_unconfirmed.IsEmpty) AskToConfirm(); // a probe of nothing is not answered, and this would wait for the answer
                break;
            case Due.ReadOn:
                ReadOn();
                break;
            case Due.Ask:
                Ask();
                break;
            case Due.Ping:
                Ping();
                break;
            case Due.Pong:
                if (_heartbeat.IsSilent) GiveUpSilent();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <summary>Nothing more is taken from the client or from the mailboxes; what the mailboxes hand over now goes back with the last Detach.</summary>
    private void Closing(object message)
    {
        switch (message)
        {
            case Received received:
                _socket.Handled(received.Length);
                break;
            case Drained or Confirmed:
                DetachWhenDelivered();
                break;
            case CloseReceived:                                     // its last pong has come, if one came
                DetachAll();
                break;
            case Attached attached:
                GiveBack(attached);
                break;
            case Replaced replaced:
                TryReplace(replaced);
                break;
            case Due.Close:
                _socket.Abort();
                break;
            case Closed:
                End();
                break;
        }
    }
}
