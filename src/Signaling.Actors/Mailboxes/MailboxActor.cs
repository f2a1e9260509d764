using Akka.Actor;
using Microsoft.Extensions.Logging;
using Signaling.Actors.Messages;
using Signaling.Actors.Protocol;
using static Signaling.Actors.Messages.MailboxProtocol;

namespace Signaling.Actors.Mailboxes;

/// <summary>One peer's mailbox, and the one place that decides whether the peer is here or away: it holds the attached connection or
/// the messages that wait, so a message is either handed over or stored, never neither, and in order.</summary>
/// <remarks>
/// Opening --store--> Away --Attach--> Here --Detach or Terminated--> Away.
/// Here --Attach of another connection, while the old one has unconfirmed messages--> TakingOver --its last Detach, its end, or a second--> Here.
/// Away with nothing waiting, it asks its parent to be stopped.
/// </remarks>
internal sealed partial class MailboxActor : ReceiveActor, IWithTimers, IWithStash
{
    /// <summary>Commands that wait while the store opens the mailbox; more are refused.</summary>
    public const int MaxWaiting = 1_000;

    private static readonly TimeSpan OpenRetry = TimeSpan.FromSeconds(1);

    private readonly PeerId _peer;
    private readonly MailboxServices _services;
    private readonly Mailbox _mailbox;
    private readonly MailboxKeeper _keeper;
    private readonly SlowedAttaches _slowed;
    private IActorRef _connection = ActorRefs.Nobody;
    private (IActorRef Connection, Epoch Epoch) _replaced = (ActorRefs.Nobody, default);
    private long _maxBytes;
    private bool _toldTooSlow;

    public MailboxActor(PeerId peer, MailboxServices services)
    {
        (_peer, _services, _mailbox) = (peer, services, new Mailbox(services.Options));
        _keeper = new MailboxKeeper(peer, _mailbox, services.Store, services.Metrics, Self);
        _slowed = new SlowedAttaches(peer, services, Context);
        Opening();
    }

    public ITimerScheduler Timers { get; set; } = null!;            // set by Akka before PreStart

    public IStash Stash { get; set; } = null!;

    private DateTimeOffset Now => _services.Time.GetUtcNow();

    private bool IsIdle => _connection.IsNobody() && _mailbox.Count == 0 && !_keeper.IsBusy && _slowed.IsEmpty;

    public static Props Props(PeerId peer, MailboxServices services) =>
        Akka.Actor.Props.Create<MailboxActor>(peer, services).WithStashCapacity(MaxWaiting);

    protected override void PreStart() => _keeper.Open();

    /// <summary>A failed mailbox starts anew from its store, and its connection attaches again.</summary>
    protected override void PreRestart(Exception reason, object message)
    {
        if (!_connection.IsNobody())
        {
            // Away until it is attached again: it may be leaving, and then its last Detach comes to nobody. The grace period hides a quick return.
            _services.Directory.Tell(new DirectoryProtocol.PeerOffline(_peer, _mailbox.Epoch));
            _connection.Tell(new AttachAgain(_peer));
        }
        _slowed.Tell(new AttachAgain(_peer));
        base.PreRestart(reason, message);
    }

    /// <summary>However it ends, what only this actor knew goes to the store.</summary>
    protected override void PostStop()
    {
        TakeBack();
        _keeper.KeepUnstored();
    }

    private void Opening()
    {
        Receive<OpenedMailbox>(opened =>
        {
            _mailbox.Open(opened);
            Become(Away);
            Stash.UnstashAll();
            Self.Tell(Due.Expiry);                                  // behind what waited: an Attach there must not meet a mailbox on its way out
        });
        Receive<MailboxKeeper.OpenFailed>(failed =>
        {
            Log.StoreFailed(_services.Log, failed.Cause);
            Timers.StartSingleTimer(Due.Open, Due.Open, OpenRetry);
        });
        Receive<Due>(_ => _keeper.Open());
        Receive<IMailboxCommand>(command =>
        {
            if (!Stash.IsFull) Stash.Stash();
            else if (command is Deliver deliver) Sender.Tell(new Refused(deliver, ErrorCode.StoreUnavailable));
        });
    }

    private void Away()
    {
        Receive<Detach>(_ => { });                                  // of an epoch that is over
        Receive<Confirm>(_ => { });
        Receive<Deliver>(Keep);
        Receive<Terminated>(gone => _slowed.Forget(gone.ActorRef));
        ReceiveInEveryState();
    }

    private void Here()
    {
        Receive<Detach>(detach =>
        {
            if (detach.Epoch != _mailbox.Epoch) return;
            _keeper.Confirm(detach.Through);
            Leave();
        });
        Receive<Confirm>(confirm =>
        {
            if (confirm.Epoch != _mailbox.Epoch) return;
            _keeper.Confirm(confirm.Through);
            HandOver();
        });
        Receive<Deliver>(deliver =>
        {
            if (Take(deliver)) HandOver();
        });
        Receive<Terminated>(gone =>
        {
            if (gone.ActorRef.Equals(_connection)) Leave();
            else _slowed.Forget(gone.ActorRef);
        });
        ReceiveInEveryState();
    }

    /// <summary>The new connection is registered. What the replaced one was handed is confirmed by it or delivered again; everything newer waits behind.</summary>
    private void TakingOver()
    {
        Receive<Detach>(detach =>
        {
            if (detach.Epoch == _mailbox.Epoch) Leave();
            else if (detach.Epoch == _replaced.Epoch) FinishTakeover(detach.Through);
        });
        Receive<Confirm>(confirm =>
        {
            if (confirm.Epoch == _replaced.Epoch) _keeper.Confirm(confirm.Through);
        });
        Receive<Deliver>(deliver => { Take(deliver); });            // a bare bool would mean: unhandled
        Receive<Terminated>(gone =>
        {
            if (gone.ActorRef.Equals(_connection)) Leave();
            else if (gone.ActorRef.Equals(_replaced.Connection)) FinishTakeover(through: 0);
            else _slowed.Forget(gone.ActorRef);
        });
        ReceiveInEveryState();
    }

    private void ReceiveInEveryState()
    {
        Receive<Attach>(attach =>
        {
            if (attach.Connection.Equals(_connection)) Refresh(attach);
            else if (_connection.IsNobody() || !_slowed.TryAdd(attach, Timers)) Enter(attach);
        });
        Receive<SlowedAttaches.Due>(due =>
        {
            if (_slowed.TryTake(due.Attach.Connection)) Enter(due.Attach);
        });
        Receive<Due>(due =>
        {
            if (due == Due.Expiry) LookAtClock();
            else if (due == Due.Takeover && !_replaced.Connection.IsNobody()) FinishTakeover(through: 0);
        });
        Receive<MailboxKeeper.Kept>(kept =>
        {
            _keeper.Settle(kept);
            LookAtClock();
        });
        Receive<MailboxKeeper.KeepFailed>(failed =>
        {
            Log.StoreFailed(_services.Log, failed.Cause);
            _keeper.Settle(failed);
            LookAtClock();
        });
        Receive<MailboxKeeper.Written>(_ => { });
        Receive<MailboxKeeper.WriteFailed>(failed => Log.StoreFailed(_services.Log, failed.Cause));
        Receive<MailboxRegionActor.Stop>(_ =>
        {
            if (IsIdle) Context.Stop(Self);
            else Context.Parent.Tell(new MailboxRegionActor.Needed(_peer)); // something came since it asked to be stopped
        });
    }

    /// <summary>The same connection registers again: its device may have changed, nothing else.</summary>
    private void Refresh(Attach attach)
    {
        _services.Directory.Tell(new DirectoryProtocol.PeerOnline(_peer, _mailbox.Epoch, _connection, attach.Device));
        _connection.Tell(new Attached(_peer, _mailbox.Epoch, IsReconnect: true));
    }

    private void Enter(Attach attach)
    {
        var (old, oldEpoch) = (_connection, _mailbox.Epoch);
        var isTakeover = !old.IsNobody();
        var epoch = _mailbox.Attach();
        (_connection, _toldTooSlow) = (Context.Watch(attach.Connection), false);
        _maxBytes = _mailbox.Bytes + _services.Options.MaxPendingBytes; // what waited for it already is not its fault
        _services.Directory.Tell(new DirectoryProtocol.PeerOnline(_peer, epoch, _connection, attach.Device));
        _connection.Tell(new Attached(_peer, epoch, isTakeover));
        if (isTakeover) Replace(old, oldEpoch);
        if (!_replaced.Connection.IsNobody()) return;
        Become(Here);
        HandOver();
    }

    private void Replace(IActorRef old, Epoch oldEpoch)
    {
        _services.Metrics.TakenOver();
        old.Tell(new Replaced(_peer, oldEpoch));
        // Nothing to wait for where the old connection has nothing unconfirmed; or where an older one still has it, and this one got nothing.
        if (_mailbox.Handed == 0 || !_replaced.Connection.IsNobody())
        {
            Context.Unwatch(old);
            return;
        }
        _replaced = (old, oldEpoch);
        Timers.StartSingleTimer(Due.Takeover, Due.Takeover, _services.Options.TakeoverTimeout);
        Become(TakingOver);
    }

    private void FinishTakeover(long through)
    {
        _keeper.Confirm(through);
        TakeBack();
        Become(Here);
        HandOver();
    }

    private void TakeBack()
    {
        _mailbox.TakeBack();
        if (_replaced.Connection.IsNobody()) return;
        Context.Unwatch(_replaced.Connection);
        _replaced = (ActorRefs.Nobody, default);
        Timers.Cancel(Due.Takeover);
    }

    /// <summary>The peer is away from now on: what it did not get is kept, in order, before anything newer.</summary>
    private void Leave()
    {
        Context.Unwatch(_connection);
        _connection = ActorRefs.Nobody;
        TakeBack();
        _services.Directory.Tell(new DirectoryProtocol.PeerOffline(_peer, _mailbox.Epoch));
        Become(Away);
        _keeper.KeepUnstored();
        _keeper.RemoveExcess();
        LookAtClock();
    }

    /// <summary>Takes a message for a peer that is here; what waits for one that reads too slowly has a bound.</summary>
    private bool Take(Deliver deliver)
    {
        if (_mailbox.Bytes >= _maxBytes + _services.Options.MaxPendingBytes)
        {
            Sender.Tell(new Refused(deliver, ErrorCode.RecipientBusy));
            return false;
        }
        if (_mailbox.Bytes >= _maxBytes && !_toldTooSlow && _replaced.Connection.IsNobody())
        {
            _toldTooSlow = true;
            _connection.Tell(new TooSlow(_peer));
        }
        _mailbox.Add(deliver.From, deliver.Json, Now);
        _services.Metrics.MessageRelayed();
        return true;
    }

    private void HandOver()
    {
        if (_mailbox.Handed == _mailbox.Count) return;
        _keeper.Expire(Now);
        foreach (var item in _mailbox.HandOver())
        {
            var json = item.WasLate
                ? FrameWriter.OfflineMessage(item.Json, item.AcceptedAt.ToUnixTimeMilliseconds(), Now.ToUnixTimeMilliseconds())
                : item.Json;
            _connection.Tell(new HandOver(_peer, item.Seq, json));
        }
    }

    /// <summary>Keeps a message for a peer that is away.</summary>
    private void Keep(Deliver deliver)
    {
        _keeper.Keep(deliver, Sender, Now);
        ScheduleExpiry();
    }

    /// <summary>While the peer is away: expires what is due, arms the timer for what is due next, and asks to be stopped where nothing is left to do.</summary>
    private void LookAtClock()
    {
        if (!_connection.IsNobody()) return;
        _keeper.Expire(Now);
        if (IsIdle) Context.Parent.Tell(new MailboxRegionActor.Passivate(_peer));
        else ScheduleExpiry();
    }

    private void ScheduleExpiry()
    {
        if (_mailbox.NextExpiry is { } due) Timers.StartSingleTimer(Due.Expiry, Due.Expiry, due - Now);
    }

    private enum Due
    {
        Open, Expiry, Takeover,
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 100, Level = LogLevel.Warning, Message = "The mailbox store failed; senders are told, and it is tried again")]
        public static partial void StoreFailed(ILogger logger, Exception cause);
    }
}
