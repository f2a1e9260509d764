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
    private readonly TakeoverGuard _takeovers = new();
    private readonly HashSet<IActorRef> _slowed = [];
    private IActorRef _connection = ActorRefs.Nobody;
    private (IActorRef Connection, Epoch Epoch) _replaced = (ActorRefs.Nobody, default);
    private bool _toldTooSlow;

    public MailboxActor(PeerId peer, MailboxServices services)
    {
        (_peer, _services, _mailbox) = (peer, services, new Mailbox(services.Options));
        _keeper = new MailboxKeeper(peer, services.Store, services.Metrics, Self);
        Opening();
    }

    public ITimerScheduler Timers { get; set; } = null!;            // set by Akka before PreStart

    public IStash Stash { get; set; } = null!;

    private DateTimeOffset Now => _services.Time.GetUtcNow();

    public static Props Props(PeerId peer, MailboxServices services) =>
        Akka.Actor.Props.Create<MailboxActor>(peer, services).WithStashCapacity(MaxWaiting);

    protected override void PreStart() => _keeper.Open();

    /// <summary>A failed mailbox starts anew from its store: what only this actor knew goes there first.</summary>
    protected override void PreRestart(Exception reason, object message)
    {
        LeaveToSuccessor();
        base.PreRestart(reason, message);
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
        Receive<Terminated>(gone => _slowed.Remove(gone.ActorRef));
        ReceiveInEveryState();
    }

    private void Here()
    {
        Receive<Detach>(detach =>
        {
            if (detach.Epoch != _mailbox.Epoch) return;
            _keeper.Forget(_mailbox.Confirm(detach.Through));
            Leave();
        });
        Receive<Confirm>(confirm =>
        {
            if (confirm.Epoch != _mailbox.Epoch) return;
            _keeper.Forget(_mailbox.Confirm(confirm.Through));
            HandOver();
        });
        Receive<Deliver>(deliver =>
        {
            if (Take(deliver)) HandOver();
        });
        Receive<Terminated>(gone =>
        {
            if (gone.ActorRef.Equals(_connection)) Leave();
            else _slowed.Remove(gone.ActorRef);
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
            if (confirm.Epoch == _replaced.Epoch) _keeper.Forget(_mailbox.Confirm(confirm.Through));
        });
        Receive<Deliver>(deliver => Take(deliver));
        Receive<Terminated>(gone =>
        {
            if (gone.ActorRef.Equals(_connection)) Leave();
            else if (gone.ActorRef.Equals(_replaced.Connection)) FinishTakeover(through: 0);
            else _slowed.Remove(gone.ActorRef);
        });
        ReceiveInEveryState();
    }

    private void ReceiveInEveryState()
    {
        Receive<Attach>(attach =>
        {
            if (attach.Connection.Equals(_connection)) Refresh(attach);
            else if (_connection.IsNobody() || !MustWait(attach)) Enter(attach);
        });
        Receive<SlowedAttach>(slowed =>
        {
            if (_slowed.Remove(slowed.Attach.Connection)) Enter(slowed.Attach);
        });
        Receive<Due>(due =>
        {
            if (due == Due.Expiry) LookAtClock();
            else if (due == Due.Takeover && !_replaced.Connection.IsNobody()) FinishTakeover(through: 0);
        });
        Receive<Wake>(_ => LookAtClock());
        Receive<MailboxKeeper.Kept>(kept =>
        {
            _keeper.Settled();
            kept.Sender.Tell(new Stored(kept.Message));
            LookAtClock();
        });
        Receive<MailboxKeeper.KeepFailed>(KeepFailed);
        Receive<MailboxKeeper.Written>(_ => { });
        Receive<MailboxKeeper.WriteFailed>(failed => Log.StoreFailed(_services.Log, failed.Cause));
        Receive<MailboxRegionActor.Stop>(_ =>
        {
            LeaveToSuccessor();
            Context.Stop(Self);
        });
    }

    /// <summary>The same connection registers again: its device may have changed, nothing else.</summary>
    private void Refresh(Attach attach)
    {
        _services.Directory.Tell(new DirectoryProtocol.PeerOnline(_peer, _mailbox.Epoch, _connection, attach.Device));
        _connection.Tell(new Attached(_peer, _mailbox.Epoch, IsReconnect: true));
    }

    /// <summary>Two clients that keep replacing each other wait for it longer and longer.</summary>
    private bool MustWait(Attach attach)
    {
        var delay = _takeovers.Next(Now);
        if (_takeovers.JustNoticed)
        {
            _services.Metrics.TakeoverFightNoticed();
            Log.TakeoverFight(_services.Log, LogText.Escape(_peer));
        }
        if (delay == TimeSpan.Zero) return false;
        _slowed.Add(Context.Watch(attach.Connection));
        Timers.StartSingleTimer(attach.Connection, new SlowedAttach(attach), delay);
        return true;
    }

    private void Enter(Attach attach)
    {
        var (old, oldEpoch) = (_connection, _mailbox.Epoch);
        var isTakeover = !old.IsNobody();
        var epoch = _mailbox.Attach();
        (_connection, _toldTooSlow) = (Context.Watch(attach.Connection), false);
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
        _keeper.Forget(_mailbox.Confirm(through));
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
        _keeper.Keep(_mailbox.Unstored());
        RemoveExcess();
        LookAtClock();
    }

    /// <summary>Takes a message for a peer that is here; what waits for one that reads too slowly has a bound.</summary>
    private bool Take(Deliver deliver)
    {
        var bound = _services.Options.MaxPendingBytes;
        if (_mailbox.Bytes >= 2 * bound)
        {
            Sender.Tell(new Refused(deliver, ErrorCode.RecipientBusy));
            return false;
        }
        if (_mailbox.Bytes >= bound && !_toldTooSlow && _replaced.Connection.IsNobody())
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
        Expire();
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
        var item = _mailbox.Add(deliver.From, deliver.Json, Now);
        item.WasLate = true;
        _keeper.Keep(item, deliver, Sender);
        RemoveExcess();
        ScheduleExpiry();
    }

    private void KeepFailed(MailboxKeeper.KeepFailed failed)
    {
        _keeper.Settled();
        Log.StoreFailed(_services.Log, failed.Cause);
        if (!_mailbox.Withdraw(failed.Item)) return;                // delivered meanwhile
        _services.Metrics.MessagesUnqueued(1);
        failed.Sender.Tell(new Refused(failed.Message, ErrorCode.StoreUnavailable));
        LookAtClock();
    }

    private void RemoveExcess()
    {
        var excess = _mailbox.RemoveExcess();
        _services.Metrics.MessagesDropped(excess.Count);
        _keeper.Forget(excess);
    }

    private void Expire()
    {
        var expired = _mailbox.RemoveExpired(Now);
        _services.Metrics.MessagesExpired(expired.Count);
        _keeper.Forget(expired);
    }

    /// <summary>While the peer is away: expires what is due, arms the timer for what is due next, and asks to be stopped where nothing is left to do.</summary>
    private void LookAtClock()
    {
        if (!_connection.IsNobody()) return;
        Expire();
        if (_mailbox.Count > 0) ScheduleExpiry();
        else if (!_keeper.IsBusy && _slowed.Count == 0) Context.Parent.Tell(new MailboxRegionActor.Passivate(_peer));
    }

    private void ScheduleExpiry()
    {
        if (_mailbox.NextExpiry is { } due) Timers.StartSingleTimer(Due.Expiry, Due.Expiry, due - Now);
    }

    /// <summary>This actor goes, its peer's mailbox does not: what only this actor knew goes to the store, a connection attaches again, and
    /// what waits is looked after again.</summary>
    private void LeaveToSuccessor()
    {
        TakeBack();
        _keeper.Keep(_mailbox.Unstored());
        if (!_connection.IsNobody())
        {
            // Until it is attached again, if it is: it may be leaving, and then its last Detach comes to nobody. The grace period hides a quick return.
            _services.Directory.Tell(new DirectoryProtocol.PeerOffline(_peer, _mailbox.Epoch));
            _connection.Tell(new AttachAgain(_peer));
        }
        foreach (var slowed in _slowed) slowed.Tell(new AttachAgain(_peer));
        if (_mailbox.Count > 0) Context.Parent.Tell(new Wake(_peer));
    }

    private sealed record SlowedAttach(Attach Attach);

    private enum Due
    {
        Open, Expiry, Takeover,
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 100, Level = LogLevel.Warning, Message = "The mailbox store failed; senders are told, and it is tried again")]
        public static partial void StoreFailed(ILogger logger, Exception cause);

        [LoggerMessage(EventId = 101, Level = LogLevel.Warning, Message = "Two clients keep replacing each other as peer {Peer}; they are slowed down")]
        public static partial void TakeoverFight(ILogger logger, string peer);
    }
}
