using Akka.Actor;
using Signaling.Actors.Messages;
using Signaling.Actors.Protocol;
using static Signaling.Actors.Messages.MailboxProtocol;

namespace Signaling.Actors.Mailboxes;

/// <summary>One peer's mailbox, and the one place that decides whether the peer is here or away: it holds the attached connection or
/// the messages that wait, so a message is either handed over or stored, never neither, and in order.</summary>
/// <remarks>
/// Opening --store--> Away --Attach--> Here --Detach or Terminated--> Away; where messages lie in the store alone, by way of Opening again.
/// While the store cannot open it, senders are told; who registers waits for a store that fails, and is told where the mailbox is damaged.
/// Here --Attach of another connection, while the old one has unconfirmed messages--> TakingOver --its last Detach, its end, or a second--> Here.
/// Away with nothing to do, it asks its parent to be stopped.
/// </remarks>
internal sealed class MailboxActor : ReceiveActor, IWithTimers, IWithStash
{
    /// <summary>Commands that wait while the store opens the mailbox; more are refused.</summary>
    public const int MaxWaiting = 1_000;

    private static readonly TimeSpan StoreRetry = TimeSpan.FromSeconds(1);

    /// <summary>Damage does not go by itself: so long it is left alone, however many ask.</summary>
    private static readonly TimeSpan DamageRetry = TimeSpan.FromSeconds(10);

    private readonly PeerId _peer;
    private readonly MailboxServices _services;
    private readonly Mailbox _mailbox;
    private readonly MailboxKeeper _keeper;
    private readonly SlowedAttaches _slowed;
    private readonly Slowdown _restarts;
    private IActorRef _connection = ActorRefs.Nobody;
    private (IActorRef Connection, Epoch Epoch) _replaced = (ActorRefs.Nobody, default);
    private bool _acks;
    private bool _isRenewing;
    private Exception? _cannotOpen;
    private long _maxBytes;
    private bool _toldTooSlow;

    /// <param name="peer">Whose mailbox.</param>
    /// <param name="services">What every mailbox works with.</param>
    /// <param name="restarts">Outlives them.</param>
    public MailboxActor(PeerId peer, MailboxServices services, Slowdown restarts)
    {
        (_peer, _services, _restarts, _mailbox) = (peer, services, restarts, new Mailbox(services.Options));
        _keeper = new MailboxKeeper(peer, _mailbox, services, Self);
        _slowed = new SlowedAttaches(peer, services, Context);
        Opening();
    }

    public ITimerScheduler Timers { get; set; } = null!;            // set by Akka before PreStart

    public IStash Stash { get; set; } = null!;

    private DateTimeOffset Now => _services.Time.GetUtcNow();

    private bool IsAway => _connection.IsNobody();

    /// <summary>The store works, but cannot read this mailbox: waiting does not help.</summary>
    private bool IsDamaged => _cannotOpen is InvalidDataException;

    /// <summary>The store has all that this actor knows, but for the messages it would recognise if they were sent again.</summary>
    private bool IsDispensable => IsAway && _mailbox.IsStored && !_keeper.IsBusy && _slowed.IsEmpty;

    public static Props Props(PeerId peer, MailboxServices services) =>
        Akka.Actor.Props.Create<MailboxActor>(peer, services, new Slowdown()).WithStashCapacity(MaxWaiting);

    protected override void PreStart() => _keeper.Open();

    /// <summary>A failed mailbox starts anew from its store, and its connection attaches again.</summary>
    protected override void PreRestart(Exception reason, object message)
    {
        if (!IsAway)
        {
            // Away until it is attached again: it may be leaving, and then its last Detach comes to nobody. The grace period hides a quick return.
            _services.Directory.Tell(new DirectoryProtocol.PeerOffline(_peer, _mailbox.Epoch));
            _connection.Tell(new AttachAgain(_peer));
        }
        _slowed.Tell(new AttachAgain(_peer));
        base.PreRestart(reason, message);
    }

    /// <summary>One that fails again and again, since what the store answers makes no sense, is not to keep the node busy with it.</summary>
    protected override void PostRestart(Exception reason)
    {
        var delay = _restarts.Next(Now);
        if (delay == TimeSpan.Zero) _keeper.Open();
        else Timers.StartSingleTimer(Due.Open, Due.Open, delay);
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
            _keeper.Received();
            _keeper.Opened(opened);
            _cannotOpen = null;
            Become(Away);
            Stash.UnstashAll();
            Self.Tell(Due.Expiry);                                  // behind what waited: an Attach there must not meet a mailbox on its way out
            if (!_mailbox.IsStored) Self.Tell(Due.Retry);
        });
        Receive<MailboxKeeper.OpenFailed>(failed =>
        {
            _keeper.Received();
            _cannotOpen = failed.Failure;
            Timers.StartSingleTimer(Due.Open, Due.Open, PauseAfter(failed.Failure));
            Stash.UnstashAll();
        });
        Receive<Due>(due =>
        {
            if (due != Due.Open) return;
            if (IsDamaged && IsDispensable) AskToStop();            // it is tried again for who comes after that
            else _keeper.Open();
        });
        Receive<Attach>(attach =>
        {
            if (!IsDamaged && !Stash.IsFull) Stash.Stash();
            else attach.Connection.Tell(new NotAttached(_peer));
        });
        Receive<Deliver>(deliver =>
        {
            if (_cannotOpen is null && !Stash.IsFull) Stash.Stash();
            else Sender.Tell(new Refused(deliver.Id, ErrorCode.StoreUnavailable));
        });
        Receive<IMailboxCommand>(_ => { });                         // of an epoch that is over
        Receive<SlowedAttaches.Due>(due =>
        {
            if (!IsDamaged) Stash.Stash();
            else if (_slowed.TryTake(due.Attach.Connection)) due.Attach.Connection.Tell(new NotAttached(_peer));
        });
        Receive<Terminated>(gone => _slowed.Forget(gone.ActorRef));
        Receive<MailboxRegionActor.Stop>(_ =>
        {
            if (IsDamaged) Stop();
            else Context.Parent.Tell(new MailboxRegionActor.Needed(_peer)); // somebody waits for it
        });
        Receive<MailboxKeeper.IOutcome>(Settle);
    }

    private void Away()
    {
        Receive<Detach>(_ => { });                                  // of an epoch that is over
        Receive<Confirm>(_ => { });
        Receive<Deliver>(Keep);
        Receive<Terminated>(gone => _slowed.Forget(gone.ActorRef));
        ReceiveWhenOpen();
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
        ReceiveWhenOpen();
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
        ReceiveWhenOpen();
    }

    private void ReceiveWhenOpen()
    {
        Receive<Attach>(attach =>
        {
            if (attach.Connection.Equals(_connection)) Refresh(attach);
            else if (IsAway && _mailbox.HasReleased) Reopen();
            else if (IsAway || !_slowed.TryAdd(attach, Timers)) Enter(attach);
        });
        Receive<SlowedAttaches.Due>(due =>
        {
            if (IsAway && _mailbox.HasReleased) Reopen();
            else if (_slowed.TryTake(due.Attach.Connection)) Enter(due.Attach);
        });
        Receive<Due>(due =>
        {
            switch (due)
            {
                case Due.Expiry when IsAway: LookAtClock(); break;
                case Due.Expiry:
                    _keeper.Expire(Now);
                    ArmExpiry();
                    break;
                case Due.Retry: _keeper.Retry(IsAway); break;
                case Due.Idle when IsDispensable: AskToStop(); break;
                case Due.Takeover when !_replaced.Connection.IsNobody(): FinishTakeover(through: 0); break;
            }
        });
        Receive<MailboxRegionActor.Stop>(_ => Stop());
        Receive<MailboxKeeper.IOutcome>(Settle);
    }

    private void Settle(MailboxKeeper.IOutcome outcome)
    {
        if (outcome.Failure is { } failure) Timers.StartSingleTimer(Due.Retry, Due.Retry, PauseAfter(failure));
        _isRenewing &= outcome is not MailboxKeeper.Renewed and not MailboxKeeper.RenewFailed;
        _keeper.Settle(outcome, IsAway);
        LookAtClock();
    }

    private static TimeSpan PauseAfter(Exception failure) => failure is InvalidDataException ? DamageRetry : StoreRetry;

    /// <summary>The same connection registers again: its device may have changed, or how it confirms; nothing else.</summary>
    private void Refresh(Attach attach)
    {
        _acks = attach.Acks;
        _services.Directory.Tell(new DirectoryProtocol.PeerOnline(_peer, _mailbox.Epoch, _connection, attach.Device));
        _connection.Tell(new Attached(_peer, _mailbox.Epoch, IsReconnect: true));
    }

    /// <summary>What waits lies in the store alone.</summary>
    private void Reopen()
    {
        Stash.Stash();
        Become(Opening);
        _keeper.Open();
    }

    private void Enter(Attach attach)
    {
        var (old, oldEpoch) = (_connection, _mailbox.Epoch);
        var isTakeover = !IsAway;
        var epoch = _mailbox.Attach();
        (_connection, _acks, _toldTooSlow) = (Context.Watch(attach.Connection), attach.Acks, false);
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
        _keeper.Expire(Now);                                        // of these no sender is told that they are kept
        _keeper.KeepUnstored();
        _keeper.RemoveExcess();
        LookAtClock();
    }

    /// <summary>Takes a message for a peer that is here; what waits for one that reads too slowly has a bound.</summary>
    private bool Take(Deliver deliver)
    {
        if (IsRepeated(deliver)) return false;
        if (_mailbox.Bytes >= _maxBytes + _services.Options.MaxPendingBytes || !_mailbox.CanAdd)
        {
            Sender.Tell(new Refused(deliver.Id, ErrorCode.RecipientBusy));
            return false;
        }
        if (_mailbox.Bytes >= _maxBytes && !_toldTooSlow && _replaced.Connection.IsNobody())
        {
            _toldTooSlow = true;
            _connection.Tell(new TooSlow(_peer));
        }
        var item = _mailbox.Add(deliver.From, deliver.WantsReceipt ? deliver.Id : default, deliver.Json, Now);
        if (deliver.WantsReceipt) item.ReceiptTo = Sender;
        RenewIfNeeded();
        _services.Metrics.MessageRelayed();
        return true;
    }

    /// <summary>Keeps a message for a peer that is away.</summary>
    private void Keep(Deliver deliver)
    {
        if (IsRepeated(deliver)) return;
        _keeper.Keep(deliver, Sender, Now);
        RenewIfNeeded();
    }

    /// <summary>A sender that saw no receipt sends again: its recipient gets the message once, and the sender what is known of it now.</summary>
    private bool IsRepeated(Deliver deliver)
    {
        if (!deliver.WantsReceipt || !_mailbox.IsRepeated(deliver.From, deliver.Id, out var waiting)) return false;
        if (waiting is null) Sender.Tell(new Delivered(_peer, deliver.Id));
        else if (IsAway && waiting.Store == StoreState.Committed) Sender.Tell(new Stored(_peer, deliver.Id, deliver.Type, WantsReceipt: true));
        else waiting.ReceiptTo = Sender;
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
            if (_acks) json = FrameWriter.WithSeq(json, item.Seq);
            _connection.Tell(new HandOver(_peer, item.Seq, IsAwaited: !item.ReceiptTo.IsNobody(), json));
        }
        ArmExpiry();
    }

    /// <summary>While the peer is here: what waits until it confirms what it has may grow too old meanwhile.</summary>
    private void ArmExpiry()
    {
        if (_mailbox.NextExpiry is { } due && !Timers.IsTimerActive(Due.Expiry)) Timers.StartSingleTimer(Due.Expiry, Due.Expiry, due - Now);
    }

    /// <summary>While the peer is away: expires what is due, arms the timer for what is due next, and asks to be stopped where nothing is left to do.</summary>
    private void LookAtClock()
    {
        if (!IsAway) return;
        _keeper.Expire(Now);
        if (_mailbox.IsForgettable && IsDispensable)
        {
            AskToStop();
            return;
        }
        Timers.StartSingleTimer(Due.Idle, Due.Idle, _services.Options.IdleTimeout);
        if (_mailbox.NextExpiry is { } due) Timers.StartSingleTimer(Due.Expiry, Due.Expiry, due - Now);
    }

    private void Stop()
    {
        if (IsDispensable) Context.Stop(Self);
        else Context.Parent.Tell(new MailboxRegionActor.Needed(_peer)); // something came since it asked to be stopped
    }

    private void AskToStop() => Context.Parent.Tell(new MailboxRegionActor.Passivate(_peer));

    private void RenewIfNeeded()
    {
        if (_isRenewing || !_mailbox.NeedsGeneration) return;
        _isRenewing = true;
        _keeper.Renew();
    }

    private enum Due
    {
        Open, Expiry, Idle, Retry, Takeover,
    }
}
