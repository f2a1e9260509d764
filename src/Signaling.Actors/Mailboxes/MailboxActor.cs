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
/// Any but Opening --HandOff--> Moving --the connection's last Detach, its end, or a second; and all is stored--> stopped; Opening likewise, as soon as it is open or cannot be.
/// Away with nothing to do, it holds its address and stops once its queue is empty.
/// </remarks>
internal sealed partial class MailboxActor : UntypedActor, IWithTimers, IWithStash
{
    /// <summary>Commands that wait while the store opens the mailbox; more are refused.</summary>
    public const int MaxWaiting = 1_000;

    /// <summary>A connection that hears that its mailbox has moved attaches again within a round trip; so long others wait for it.</summary>
    private static readonly TimeSpan ReturnTimeout = TimeSpan.FromSeconds(1);

    /// <summary>Who has found it comes within a round trip, or had to wait for a while elsewhere; so long it does not stop.</summary>
    private static readonly TimeSpan FoundFor = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan StoreRetry = TimeSpan.FromSeconds(1);

    /// <summary>Damage does not go by itself: so long it is left alone, however many ask.</summary>
    private static readonly TimeSpan DamageRetry = TimeSpan.FromSeconds(10);

    private readonly MailboxAddress _address;
    private readonly PeerId _peer;
    private readonly MailboxServices _services;
    private readonly Mailbox _mailbox;
    private readonly MailboxKeeper _keeper;
    private readonly SlowedAttaches _slowed;
    private readonly Slowdown _restarts;
    private IActorRef _connection = ActorRefs.Nobody;
    private (IActorRef Connection, Epoch Epoch) _replaced = (ActorRefs.Nobody, default);
    private Epoch? _previous;                                       // of the attached connection, where it had the id before
    private bool _acks;
    private bool _isRenewing;
    private Exception? _cannotOpen;
    private long _tooSlowAt;
    private long _busyAt;
    private DateTimeOffset _idleAt;
    private DateTimeOffset _foundUntil;
    private DateTimeOffset _wakeAt = DateTimeOffset.MaxValue;       // when the timer goes
    private bool _toldTooSlow;
    private bool _isExpecting;
    private Attach? _returning;                                     // comes before who waited for it
    private bool _isMoving;
    private bool _isRestarting;

    /// <param name="address">Where it is reached.</param>
    /// <param name="services">What every mailbox works with.</param>
    /// <param name="restarts">Outlives them.</param>
    public MailboxActor(MailboxAddress address, MailboxServices services, Slowdown restarts)
    {
        (_address, _peer, _services, _restarts, _mailbox) = (address, address.Peer, services, restarts, new Mailbox(services.Options));
        _keeper = new MailboxKeeper(_peer, _mailbox, services, Self);
        _slowed = new SlowedAttaches(_peer, services, Context);
    }

    public ITimerScheduler Timers { get; set; } = null!;            // set by Akka before PreStart

    public IStash Stash { get; set; } = null!;

    private DateTimeOffset Now => _services.Time.GetUtcNow();

    private bool IsAway => _connection.IsNobody();

    /// <summary>The store works, but cannot read this mailbox: waiting does not help.</summary>
    private bool IsDamaged => _cannotOpen is InvalidDataException;

    /// <summary>The store has all that this actor knows, but for the messages it would recognise if they were sent again.</summary>
    private bool IsDispensable => IsAway && _mailbox.IsStored && !_keeper.IsBusy && _slowed.IsEmpty;

    public static Props Props(MailboxAddress address, MailboxServices services)
    {
        var restarts = new Slowdown();
        return Akka.Actor.Props.CreateBy(new ActorProducer<MailboxActor>(() => new MailboxActor(address, services, restarts))).WithStashCapacity(MaxWaiting);
    }

    protected override void PreStart()
    {
        _isExpecting = _address.ExpectsConnection(Context.Parent);
        _address.LeadTo(Self);
        _keeper.Open();
    }

    /// <summary>A failed mailbox starts anew from its store, and its connection attaches again.</summary>
    protected override void PreRestart(Exception reason, object message)
    {
        SendAway();
        _isRestarting = true;
        base.PreRestart(reason, message);
    }

    /// <summary>One that fails again and again, since what the store answers makes no sense, is not to keep the node busy with it.</summary>
    protected override void PostRestart(Exception reason)
    {
        _address.LeadTo(Self);
        var delay = _restarts.Next(Now);
        if (delay == TimeSpan.Zero) _keeper.Open();
        else Timers.StartSingleTimer(Due.Open, Due.Open, delay);
    }

    /// <summary>However it ends, what only this actor knew goes to the store, unless the mailbox is another's.</summary>
    protected override void PostStop()
    {
        if (!_keeper.IsFenced)
        {
            TakeBack();
            _keeper.KeepUnstored();
            if (!IsAway) _connection.Tell(new AttachAgain(_peer));
        }
        _address.Stopped(Self, _isRestarting);
    }

    private void Settle(MailboxKeeper.IOutcome outcome)
    {
        if (outcome.Failure is { } failure) Timers.StartSingleTimer(Due.Retry, Due.Retry, PauseAfter(failure));
        _isRenewing &= outcome is not MailboxKeeper.Renewed and not MailboxKeeper.RenewFailed;
        _keeper.Settle(outcome, IsAway);
        if (_keeper.IsFenced) StandDown();
        else WasUsed();
    }

    /// <summary>The mailbox is another's now: nothing is written any more, and receipts that were not answered are left to it, as their messages are sent again.</summary>
    private void StandDown()
    {
        _services.Metrics.MailboxFenced();
        _address.TryHold();                                         // what comes from now on waits for whoever succeeds this actor
        SendAway();
        Become(StoodDown);
        Self.Tell(Due.Stop);
    }

    private void SendAway()
    {
        if (!IsAway) _connection.Tell(new AttachAgain(_peer));
        _slowed.SendAway();
    }

    private static TimeSpan PauseAfter(Exception failure) => failure is InvalidDataException ? DamageRetry : StoreRetry;

    /// <summary>Somebody looks for it, and comes.</summary>
    private void Answer()
    {
        _foundUntil = Now + FoundFor;
        Sender.Tell(new Located(_peer));
    }

    /// <summary>The same connection registers again: how it confirms may have changed; nothing else.</summary>
    private void Refresh(Attach attach)
    {
        _acks = attach.Acks;
        _connection.Tell(new Attached(_peer, _mailbox.Epoch, IsReconnect: true));
    }

    /// <summary>The store has told what it holds. Where the peer's connection is about to attach again, the others wait for that.</summary>
    private void Opened()
    {
        if (_isExpecting && _returning is null)
        {
            Timers.StartSingleTimer(Due.Return, Due.Return, ReturnTimeout);
            Become(Expecting);
            return;
        }
        _isExpecting = false;
        Become(Away);
        if (_returning is { } returning) Enter(returning);
        _returning = null;
        Stash.UnstashAll();
        _idleAt = Now + _services.Options.IdleTimeout;
        Self.Tell(Due.Clock);                                       // behind what waited: an Attach there must not meet a mailbox on its way out
        if (!_mailbox.IsStored) Self.Tell(Due.Retry);
        if (_isMoving) PrepareToMove();
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
        (_connection, _previous, _acks, _toldTooSlow) = (Context.Watch(attach.Connection), attach.Previous, attach.Acks, false);
        SetBounds();
        _connection.Tell(new Attached(_peer, epoch, isTakeover));
        if (isTakeover) Replace(old, oldEpoch);
        if (!_replaced.Connection.IsNobody()) return;
        Become(Here);
        HandOver();
    }

    /// <summary>A peer that is here reads too slowly where so much waits for it; at the second bound its senders are refused.</summary>
    /// <remarks>What waits when it comes is not its fault and does not count: all of it with the first bound, with the second no more than
    /// <see cref="MailboxOptions.MaxBytes"/>, or one that comes again and again and reads nothing would collect more each time. So no line grows
    /// beyond that, twice <see cref="MailboxOptions.MaxPendingBytes"/>, and one message.</remarks>
    private void SetBounds()
    {
        var (waiting, options) = (_mailbox.Footprint, _services.Options);
        _tooSlowAt = waiting + options.MaxPendingBytes;
        _busyAt = Math.Min(waiting, options.MaxBytes) + (2 * options.MaxPendingBytes);
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
        Become(Away);
        _keeper.Expire(Now);                                        // of these no sender is told that they are kept
        _keeper.KeepUnstored();
        WasUsed();
    }

    /// <summary>Takes a message for a peer that is here; what waits for one that reads too slowly has a bound.</summary>
    private bool Take(Deliver deliver, DateTimeOffset now)
    {
        if (IsRepeated(deliver)) return false;
        if (_mailbox.Footprint >= _busyAt || !_mailbox.CanAdd)
        {
            Sender.Tell(new Refused(deliver.Id, ErrorCode.RecipientBusy));
            return false;
        }
        if (_mailbox.Footprint >= _tooSlowAt && !_toldTooSlow && _replaced.Connection.IsNobody())
        {
            _toldTooSlow = true;
            _connection.Tell(new TooSlow(_peer));
        }
        var item = _mailbox.Add(deliver.From, deliver.WantsReceipt ? deliver.Id : default, deliver.Json, now);
        if (deliver.WantsReceipt || Sender is ICustodian) item.ReceiptTo = Sender;
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
        else waiting.AddReceiptTo(Sender);
        return true;
    }

    private void HandOver()
    {
        if (_mailbox.Handed < _mailbox.Count) HandOver(Now);
    }

    private void HandOver(DateTimeOffset now)
    {
        _keeper.Expire(now);
        foreach (var item in _mailbox.HandOver())
        {
            var json = item.WasLate
                ? FrameWriter.OfflineMessage(item.Json, item.AcceptedAt.ToUnixTimeMilliseconds(), now.ToUnixTimeMilliseconds())
                : item.Json;
            if (_acks) json = FrameWriter.WithSeq(json, item.Seq);
            _connection.Tell(new HandOver(_peer, item.From, item.Seq, IsAwaited: item.WantsReceipt && !item.ReceiptTo.IsNobody(), json));
        }
        WakeForExpiry(now);
    }

    private void WasUsed()
    {
        var now = Now;
        _idleAt = now + _services.Options.IdleTimeout;
        LookAtClock(now);
    }

    /// <summary>Expires what is due; while the peer is away, asks to be stopped where nothing is left to do, now or after a while in which nothing comes.</summary>
    private void LookAtClock(DateTimeOffset now)
    {
        _keeper.Expire(now);
        WakeForExpiry(now);
        if (!IsAway) return;
        if (now < _foundUntil) WakeAt(_foundUntil, now);
        else if ((_mailbox.IsForgettable || now >= _idleAt) && IsDispensable) AskToStop(); // in this order: the latter looks through the line
        else if (now < _idleAt) WakeAt(_idleAt, now);
    }

    private void WakeForExpiry(DateTimeOffset now)
    {
        if (_mailbox.NextExpiry is { } due) WakeAt(due, now);
    }

    /// <summary>One timer for everything, and not moved for each message: where it goes too early, it is set again.</summary>
    private void WakeAt(DateTimeOffset due, DateTimeOffset now)
    {
        if (due >= _wakeAt) return;
        _wakeAt = due;
        Timers.StartSingleTimer(Due.Clock, Due.Clock, due > now ? due - now : TimeSpan.Zero); // in the past where the clock was set back meanwhile
    }

    /// <summary>What comes from now on waits; what came before is looked at before <see cref="Due.Stop"/>.</summary>
    private void AskToStop()
    {
        if (_address.TryHold()) Self.Tell(Due.Stop);
    }

    private void Stop()
    {
        if (_isMoving) Move();
        else if (IsDispensable) CloseAndStop();
        else _address.LeadTo(Self);                                 // something came since it asked to stop
    }

    /// <summary>What comes from now on is for its successor; what came before is looked at before <see cref="Due.Stop"/>.</summary>
    private void PrepareToMove()
    {
        _address.TryHold();
        Self.Tell(Due.Stop);
    }

    /// <summary>The peer's connection says what it has, so that nothing is delivered twice for a move; the rest is stored.</summary>
    private void Move()
    {
        _services.Metrics.MailboxMoved();
        _slowed.SendAway();
        Become(Moving);
        if (IsAway)
        {
            _keeper.KeepUnstored();
            StopWhenStored();
            return;
        }
        if (!_replaced.Connection.IsNobody()) return;               // that one has to say it, in the time that it has for it; the other got nothing yet
        _connection.Tell(new Release(_peer, _mailbox.Epoch));
        Timers.StartSingleTimer(Due.Takeover, Due.Takeover, _services.Options.TakeoverTimeout);
    }

    private bool IsOfReplaced(Epoch epoch) => !_replaced.Connection.IsNobody() && epoch == _replaced.Epoch;

    private void SendAwayAndStop()
    {
        _connection.Tell(new AttachAgain(_peer));
        LeaveAndStop();
    }

    private void LeaveAndStop()
    {
        Context.Unwatch(_connection);
        _connection = ActorRefs.Nobody;
        TakeBack();
        _keeper.Expire(Now);
        _keeper.KeepUnstored();
        StopWhenStored();
    }

    private void StopWhenStored()
    {
        if (IsDispensable) CloseAndStop();
    }

    private void CloseAndStop()
    {
        _keeper.Close();
        Context.Stop(Self);
    }

    private void RenewIfNeeded()
    {
        if (_isRenewing || !_mailbox.NeedsGeneration) return;
        _isRenewing = true;
        _keeper.Renew();
    }

    /// <summary>From its shard: another node is to have this mailbox.</summary>
    internal sealed record HandOff
    {
        public static readonly HandOff Instance = new();
    }

    private enum Due
    {
        Open, Clock, Retry, Takeover, Return, Stop,
    }
}
