using Akka.Actor;
using Microsoft.Extensions.Logging;
using Signaling.Actors.Auth;
using Signaling.Actors.Limits;
using Signaling.Actors.Protocol;
using Signaling.Actors.Transport;
using static Signaling.Actors.Messages.ConnectionProtocol;
using static Signaling.Actors.Messages.MailboxProtocol;
using static Signaling.Actors.Transport.SocketProtocol;
using Envelope = Signaling.Actors.Protocol.Envelope;

namespace Signaling.Actors.Connections;

/// <summary>One client's WebSocket: its registrations, its requests, its sign of life and its end.</summary>
/// <remarks>
/// Open --register--> Registering --the authorizer's yes, where there is one, and Attached; or its no--> Open. Both --the client's close, Replaced, a violation, a time-out, GoAway--> Closing --Closed--> stopped.
/// While Registering, what the client sent after <c>register</c> waits; the socket's own window bounds it.
/// </remarks>
internal sealed partial class ConnectionActor : UntypedActor, IWithTimers, IWithStash
{
    /// <summary>A client is asked at once what it has, but no more often than this unless somebody waits or much is unconfirmed.</summary>
    private static readonly TimeSpan ConfirmInterval = TimeSpan.FromSeconds(1);

    /// <summary>Sooner together with a message that is sent anyway: what mailboxes hold meanwhile is what a garbage collection has to move.</summary>
    private static readonly TimeSpan ConfirmAlongInterval = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan ShortestHoldUp = TimeSpan.FromMilliseconds(250), LongestHoldUp = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(20);

    private readonly IClientSocket _socket;
    private readonly ConnectionServices _services;
    private readonly Registrations _registrations = new();
    private readonly UnconfirmedMessages _unconfirmed = new();
    private readonly Questions _questions;
    private readonly Replies _replies;
    private readonly Requests _requests;
    private readonly Heartbeat _heartbeat;
    private readonly OthersPresence _presence;
    private readonly ClientUsage _usage;
    private readonly Challenge _challenge;
    private readonly ClientOrigin _origin;
    private TimeSpan _holdUp;
    private long? _readOnAt;
    private bool _isHeldUp;
    private bool _isResting;
    private long? _confirmAskedAt;
    private bool _isConfirmDue;
    private bool _isConfirming;
    private bool _isMoving;                                         // a mailbox waits to hear what was delivered
    private bool _isEnding;

    public ConnectionActor(IClientSocket socket, ClientOrigin origin, AddressUsage? address, ConnectionServices services)
    {
        (_socket, _origin, _services) = (socket, origin, services);
        _questions = new Questions(services.Directory, socket);
        _replies = new Replies(socket, services);
        _presence = new OthersPresence(Self, socket, services);
        _usage = new ClientUsage(services.Limits, address);
        _challenge = new Challenge(services.Time);
        _requests = new Requests(services, _registrations, _presence, _replies, _challenge, _usage);
        _heartbeat = new Heartbeat(socket, services.Time);
    }

    public ITimerScheduler Timers { get; set; } = null!;            // set by Akka before PreStart

    public IStash Stash { get; set; } = null!;

    public static Props Props(IClientSocket socket, ClientOrigin origin, AddressUsage? address, ConnectionServices services) =>
        Akka.Actor.Props.CreateBy(new ActorProducer<ConnectionActor>(() => new ConnectionActor(socket, origin, address, services)));

    protected override void PreStart()
    {
        _services.Metrics.ConnectionOpened();
        Schedule(Due.Registration, _services.Options.RegistrationTimeout);
        Schedule(Due.Ping, _services.Options.PingInterval);
        _socket.Start(Self);
    }

    /// <summary>However it ends, its mailboxes and the directory hear of it; a client whose connection failed gets 1011.</summary>
    protected override void PostStop()
    {
        DetachAll();
        _presence.Stop();
        if (!_isEnding) _socket.CloseNow(CloseCode.InternalError, "internal error");
        _services.Metrics.ConnectionClosed();
    }

    private void Handle(Received received)
    {
        var problem = Envelope.TryRead(received.Buffer.Span[..received.Length], out var message);
        if (_usage.Message(received.Length) is { } over)
        {
            _replies.Limit(over, problem is null ? ClientRequest.Id(message) : default);
            _socket.Handled(received.Length);
            HoldUp();
            return;
        }
        Rest(_usage.Rest());
        if (problem is not null) _replies.Refuse(problem);
        else if (message.Type == MessageType.Register) Register(message);
        else if (message.Type == MessageType.Unregister && _registrations.Current is not null) Unregister();
        else if (_requests.Handle(message, received.Buffer) is { } question)
        {
            _questions.Add(question, received.Length);
            Ask();
            return;
        }
        _socket.Handled(received.Length);
    }

    /// <summary>A burst is read in portions; nothing of it is refused.</summary>
    private void Rest(TimeSpan time)
    {
        if (time == TimeSpan.Zero || _isHeldUp || _isResting) return;
        _isResting = true;
        _socket.Pause();
        Schedule(Due.ReadOn, time);
    }

    /// <summary>Who sends too fast is read no further for a while, and longer if that does not help: a flood costs its sender's time, not the node's.</summary>
    private void HoldUp()
    {
        if (_isHeldUp) return;                                      // these were read before
        var isAgain = _readOnAt is { } last && _services.Time.GetElapsedTime(last) < LongestHoldUp;
        _holdUp = isAgain ? TimeSpan.FromTicks(Math.Min(2 * _holdUp.Ticks, LongestHoldUp.Ticks)) : ShortestHoldUp;
        _isHeldUp = true;
        _socket.Pause();
        Schedule(Due.ReadOn, _holdUp);
    }

    private void ReadOn()
    {
        if (_isHeldUp) _readOnAt = _services.Time.GetTimestamp();
        (_isHeldUp, _isResting) = (false, false);
        _socket.Resume();
    }

    /// <summary>Goes on with the client's questions.</summary>
    private void Ask()
    {
        if (!_questions.Ask()) Schedule(Due.Ask, LookAgain);
    }

    private void Deliver(HandOver message)
    {
        if (_registrations.Find(message.Peer) is not { } registration) return; // given up meanwhile: it goes back with the Detach
        var number = _socket.Deliver(message.Json);
        registration.Sent(message.Seq);
        _presence.Relate(message.From);
        if (registration.Acks) return;
        _unconfirmed.Add(number, registration, message.Seq, message.Json.Length, message.IsAwaited);
        ConfirmInTime();
    }

    /// <summary>Sees to it that the client is asked what it has.</summary>
    private void ConfirmInTime()
    {
        if (_isConfirming) return;
        var since = _confirmAskedAt is { } asked ? _services.Time.GetElapsedTime(asked) : ConfirmInterval;
        if (since >= ConfirmAlongInterval || _unconfirmed.IsUrgent || _isMoving)
        {
            AskToConfirm();
            return;
        }
        if (_isConfirmDue) return;
        _isConfirmDue = true;
        Schedule(Due.Confirm, ConfirmInterval - since);
    }

    private void AskToConfirm()
    {
        (_isConfirmDue, _isConfirming, _confirmAskedAt) = (false, true, _services.Time.GetTimestamp());
        _socket.Confirm();
    }

    /// <summary>Tells the mailboxes what they may forget.</summary>
    private void Confirm()
    {
        _isConfirming = false;
        _unconfirmed.Delivered(_socket.Delivered);
        foreach (var registration in _registrations.All) registration.Confirm();
        if (_unconfirmed.IsEmpty) AttachToSuccessors();
        else ConfirmInTime();
    }

    private void Ping()
    {
        if (_presence.Behind > _services.Options.MaxPresenceBehind)
        {
            CutOff();
            return;
        }
        if (_heartbeat.Ping()) Schedule(Due.Pong, _services.Options.PongTimeout);
        Schedule(Due.Ping, _services.Options.PingInterval);
    }

    /// <summary>Clients are not to come to another node, or back to this one, all in the same instant: they leave one after the other where they can, else they are told when to come.</summary>
    private void LeaveInTime(GoAway goAway)
    {
        if (goAway.LeaveWithin > TimeSpan.Zero) Schedule(Due.Leave, goAway.LeaveWithin * Random.Shared.NextDouble());
        else Leave(goAway.ReconnectWithin * Random.Shared.NextDouble());
    }

    /// <summary>A client of the original protocol knows 1001; one that asked for more is told when to come back.</summary>
    /// <param name="reconnectAfter">When another node, or this one again, takes it.</param>
    private void Leave(TimeSpan reconnectAfter)
    {
        if (_registrations.AsksForMore)
        {
            _replies.GoAway(reconnectAfter);
            Close(CloseCode.ServiceRestart, "server shutting down");
            return;
        }
        _replies.ServerShutdown();
        Close(CloseCode.GoingAway, "server shutting down");
    }

    private void GiveUpSilent()
    {
        Log.GaveUp(_services.Log);
        _socket.Abort();
        BeginClosing();
    }

    /// <summary>The client broke a rule of the transport.</summary>
    private void GiveUp(Violated violated)
    {
        if (violated.Code == CloseCode.MessageTooBig) _replies.Refuse(ErrorCode.MessageTooLarge, $"{_services.Options.MaxMessageBytes}");
        Close(violated.Code, violated.Reason);
    }

    /// <summary>The client reads too slowly for what is sent to it.</summary>
    private void CutOff()
    {
        _socket.CloseNow(CloseCode.TryAgainLater, "reading too slowly");
        BeginClosing();
    }

    private void AnswerClose()
    {
        // No pong follows a client's close: what it has is known, and who writes to it once it has read the answer finds it away.
        if (_services.Options.Confirm == DeliveryConfirmation.Pong) DetachAll();
        _socket.AnswerClose();
        BeginClosing();
    }

    /// <summary>What a client sent behind <c>register</c>, before it left at once, still goes its way.</summary>
    private void AfterStash(Action end)
    {
        if (Stash.IsEmpty)
        {
            end();
            return;
        }
        if (_registering is { Grant: not null } pending) Withdraw(pending.Request.Peer, onlyGivesWay: true);
        Stash.Stash();
    }

    private void Close(CloseCode code, string reason)
    {
        _socket.Close(code, reason);
        BeginClosing();
    }

    private void BeginClosing()
    {
        _isEnding = true;
        Timers.CancelAll();
        Schedule(Due.Close, _services.Options.CloseTimeout);
        Become(Closing);
        Stash.UnstashAll();
    }

    private void End()
    {
        _isEnding = true;
        Context.Stop(Self);
    }

    /// <summary>A client that is being closed still says, with its pong, what it has.</summary>
    private void DetachWhenDelivered()
    {
        _unconfirmed.Delivered(_socket.Delivered);
        if (_unconfirmed.IsEmpty) DetachAll();
    }

    private void Schedule(Due due, TimeSpan delay) => Timers.StartSingleTimer(due, due, delay);

    private enum Due
    {
        Registration, Expiry, Ping, Pong, Confirm, Ask, ReadOn, Leave, Close,
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 200, Level = LogLevel.Debug, Message = "A client gave no sign of life after a ping and was given up")]
        public static partial void GaveUp(ILogger logger);

        [LoggerMessage(EventId = 201, Level = LogLevel.Error, Message = "The authorizer failed; a client was told to try again")]
        public static partial void AuthorizerFailed(ILogger logger, Exception failure);
    }
}
