using Akka.Actor;
using Microsoft.Extensions.Logging;
using Signaling.Actors.Protocol;
using Signaling.Actors.Transport;
using static Signaling.Actors.Messages.ConnectionProtocol;
using static Signaling.Actors.Messages.DirectoryProtocol;
using static Signaling.Actors.Messages.MailboxProtocol;
using static Signaling.Actors.Transport.SocketProtocol;
using Envelope = Signaling.Actors.Protocol.Envelope;

namespace Signaling.Actors.Connections;

/// <summary>One client's WebSocket: its registrations, its requests, its sign of life and its end.</summary>
/// <remarks>
/// Open --register--> Registering --Attached--> Open. Both --Replaced, a violation, a time-out, GoAway--> Closing --Closed--> stopped.
/// While Registering, what the client sent after <c>register</c> waits; the socket's own window bounds it.
/// </remarks>
internal sealed partial class ConnectionActor : ReceiveActor, IWithTimers, IWithStash
{
    /// <summary>A mailbox forgets what was written after so many messages, so many bytes, or so much time, whichever comes first.</summary>
    private const int ConfirmEvery = 64;
    private const int ConfirmEveryBytes = 262_144;
    private static readonly TimeSpan ConfirmAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ConfirmSoon = TimeSpan.FromMilliseconds(20);

    private readonly IClientSocket _socket;
    private readonly ConnectionServices _services;
    private readonly Registrations _registrations = new();
    private Attach? _registering;
    private long _pingedAt;
    private bool _isEnding;

    public ConnectionActor(IClientSocket socket, ConnectionServices services)
    {
        (_socket, _services) = (socket, services);
        Open();
    }

    public ITimerScheduler Timers { get; set; } = null!;            // set by Akka before PreStart

    public IStash Stash { get; set; } = null!;

    private long Now => _services.Time.GetUtcNow().ToUnixTimeMilliseconds();

    public static Props Props(IClientSocket socket, ConnectionServices services) => Akka.Actor.Props.Create<ConnectionActor>(socket, services);

    protected override void PreStart()
    {
        _services.Metrics.ConnectionOpened();
        Schedule(Due.Registration, _services.Options.RegistrationTimeout);
        Schedule(Due.Ping, _services.Options.PingInterval);
        _socket.Start(Self);
    }

    /// <summary>However it ends, its mailboxes hear of it; a client whose connection failed gets 1011.</summary>
    protected override void PostStop()
    {
        DetachAll();
        if (!_isEnding) _socket.CloseNow(CloseCode.InternalError, "internal error");
        _services.Metrics.ConnectionClosed();
    }

    private void Open()
    {
        Receive<Received>(received =>
        {
            Handle(received.Utf8);
            _socket.Handled(received.Utf8.Length);
        });
        Receive<PresenceChanged>(change => _socket.SendPresence(change.Peer, change.Json));
        Receive<Attached>(Renew);
        Receive<Drained>(_ => Leave());
        Receive<Closed>(_ => End());
        ReceiveWhileOpen();
    }

    private void Registering()
    {
        Receive<Attached>(attached =>
        {
            if (attached.Peer != _registering?.Peer)
            {
                Renew(attached);
                return;
            }
            _registrations.Register(attached.Peer, attached.Epoch, Sender, _registering.Device);
            _registering = null;
            Timers.Cancel(Due.Registration);
            _socket.Send(FrameWriter.Registered(attached.Peer, Now, attached.IsReconnect));
            Become(Open);
            Stash.UnstashAll();
        });
        Receive<Received>(_ => Stash.Stash());
        Receive<Violated>(_ => Stash.Stash());                      // what came before it is answered before it
        Receive<PresenceChanged>(_ => Stash.Stash());               // nothing comes before `registered`
        Receive<Drained>(_ => AfterStash(Leave));
        Receive<Closed>(_ => AfterStash(End));
        ReceiveWhileOpen();
    }

    private void ReceiveWhileOpen()
    {
        Receive<HandOver>(Send);
        Receive<Answer>(answer => _socket.Send(answer.Json));
        Receive<Stored>(stored => _socket.Send(FrameWriter.PeerOffline(stored.Message.Peer, stored.Message.Id, stored.Message.Type, Now)));
        Receive<Refused>(refused => Refuse(refused.Reason, id: refused.Message.Id));
        Receive<AttachAgain>(AttachTo);
        Receive<Replaced>(replaced =>
        {
            if (_registrations.Find(replaced.Peer)?.Epoch == replaced.Epoch) Close(CloseCode.Normal, "replaced");
        });
        Receive<TooSlow>(_ =>
        {
            _socket.CloseNow(CloseCode.TryAgainLater, "reading too slowly");
            BeginClosing();
        });
        Receive<Violated>(violated =>
        {
            if (violated.Code == CloseCode.MessageTooBig) Refuse(ErrorCode.MessageTooLarge, $"{_services.Options.MaxMessageBytes}");
            Close(violated.Code, violated.Reason);
        });
        Receive<GoAway>(_ =>
        {
            _socket.Send(FrameWriter.ServerShutdown(Now));
            Close(CloseCode.GoingAway, "server shutting down");
        });
        Receive<Due>(due =>
        {
            switch (due)
            {
                case Due.Registration: Close(CloseCode.RegistrationTimeout, "registration timeout"); break;
                case Due.Confirm: ConfirmWritten(); break;
                case Due.Ping: Ping(); break;
                case Due.Pong: ExpectSignOfLife(); break;
            }
        });
    }

    /// <summary>Nothing more is taken from the client or from the mailboxes; what the mailboxes hand over now goes back with the last Detach.</summary>
    private void Closing()
    {
        Receive<Received>(received => _socket.Handled(received.Utf8.Length));
        Receive<Drained>(_ => DetachAll());
        Receive<Attached>(attached => Sender.Tell(new Detach(attached.Peer, attached.Epoch, Through: 0)));
        Receive<Due>(due =>
        {
            if (due == Due.Close) _socket.Abort();
        });
        Receive<Closed>(_ => End());
        ReceiveAny(_ => { });
    }

    private void Handle(ReadOnlyMemory<byte> utf8)
    {
        if (Envelope.TryRead(utf8.Span, out var envelope) is { } problem)
        {
            Refuse(problem);
            return;
        }
        switch (envelope.Type)
        {
            case MessageType.Ping: _socket.Send(FrameWriter.Pong(Now)); break;
            case MessageType.Heartbeat: break;
            case MessageType.Register: Register(envelope); break;
            case MessageType.Unknown: Refuse(ErrorCode.UnknownType, ClientRequest.DescribeType(envelope), ClientRequest.Id(envelope)); break;
            case var _ when _registrations.Current is null: Refuse(ErrorCode.NotRegistered, id: ClientRequest.Id(envelope)); break;
            case MessageType.Unregister: Unregister(); break;
            case MessageType.GetPeers: _services.Directory.Tell(new ListPeers([.. _registrations.Peers])); break;
            case MessageType.PeerStatus: AskStatus(envelope); break;
            default: Relay(envelope, _registrations.Current); break;
        }
    }

    private void Relay(in Envelope message, Registration from)
    {
        if (ClientRequest.TryReadRelay(message, out var to) is { } problem)
        {
            Refuse(problem, id: ClientRequest.Id(message));
            return;
        }
        var json = RelaySplice.Apply(message, from.FromMember, Now);
        _services.Mailboxes.Tell(new Deliver(to, from.Peer, message.Type, ClientRequest.Id(message), json));
    }

    private void Register(in Envelope register)
    {
        if (ClientRequest.TryReadRegister(register, out var peer, out var device) is { } problem)
        {
            Refuse(problem, id: ClientRequest.Id(register));
            return;
        }
        if (_registrations.Find(peer) is null && _registrations.Count >= _services.Options.MaxPeerIds)
        {
            Refuse(ErrorCode.TooManyAliases, id: ClientRequest.Id(register));
            return;
        }
        _registering = new Attach(peer, Self, device);
        _services.Mailboxes.Tell(_registering);
        Schedule(Due.Registration, _services.Options.RegistrationTimeout);
        Become(Registering);
    }

    /// <summary>A mailbox was replaced by a successor, which knows nothing of this connection.</summary>
    private void AttachTo(AttachAgain successor)
    {
        if (_registering?.Peer == successor.Peer) _services.Mailboxes.Tell(_registering);
        else if (_registrations.Find(successor.Peer) is { } registration) _services.Mailboxes.Tell(new Attach(registration.Peer, Self, registration.Device));
    }

    /// <summary>The successor's answer, unless the id was given up meanwhile.</summary>
    private void Renew(Attached attached)
    {
        if (_registrations.Find(attached.Peer) is { } registration) registration.Begin(attached.Epoch, Sender);
        else Sender.Tell(new Detach(attached.Peer, attached.Epoch, Through: 0));
    }

    private void Unregister()
    {
        DetachAll();
        Schedule(Due.Registration, _services.Options.RegistrationTimeout);
    }

    private void AskStatus(in Envelope question)
    {
        if (!ClientRequest.TryReadStatusQuestion(question, out var peer, out var problem)) _services.Directory.Tell(new ListPeers([.. _registrations.Peers]));
        else if (problem is not null) Refuse(problem, id: ClientRequest.Id(question));
        else _services.Directory.Tell(new AskStatus(peer));
    }

    private void Refuse(ErrorCode error, string detail = "", ReadOnlyMemory<byte> id = default)
    {
        _services.Metrics.ErrorAnswered(error);
        _socket.Send(FrameWriter.Error(error, detail, id, Now));
    }

    private void Send(HandOver message)
    {
        if (_registrations.Find(message.Peer) is not { } registration) return; // given up meanwhile: it goes back with the Detach
        if (_registrations.UnconfirmedCount == 0) Schedule(Due.Confirm, ConfirmAfter);
        _registrations.Sent(_socket.Send(message.Json), registration, message.Seq, message.Json.Length);
        if (_registrations.UnconfirmedCount % ConfirmEvery == 0 || _registrations.UnconfirmedBytes >= ConfirmEveryBytes) ConfirmWritten();
    }

    private void ConfirmWritten()
    {
        _registrations.Written(_socket.Written);
        foreach (var registration in _registrations.All)
        {
            if (registration.Through == registration.ConfirmedThrough) continue;
            registration.ConfirmedThrough = registration.Through;
            registration.Mailbox.Tell(new Confirm(registration.Peer, registration.Epoch, registration.Through));
        }
        // A mailbox hands over no more than its window: where much is unconfirmed, it may be waiting for this.
        if (_registrations.UnconfirmedBytes >= ConfirmEveryBytes) Schedule(Due.Confirm, ConfirmSoon);
        else if (_registrations.UnconfirmedCount > 0) Schedule(Due.Confirm, ConfirmAfter);
    }

    private void Ping()
    {
        _pingedAt = _services.Time.GetTimestamp();
        _socket.Ping();
        Schedule(Due.Pong, _services.Options.PongTimeout);
    }

    private void ExpectSignOfLife()
    {
        if (_socket.LastSignOfLife < _pingedAt)
        {
            Log.GaveUp(_services.Log);
            _socket.Abort();
            BeginClosing();
            return;
        }
        var rest = _services.Options.PingInterval - _services.Options.PongTimeout;
        if (rest <= TimeSpan.Zero) Ping();
        else Schedule(Due.Ping, rest);
    }

    /// <summary>The client closed.</summary>
    private void Leave()
    {
        BeginClosing();
        DetachAll();
    }

    /// <summary>What a client sent behind <c>register</c>, before it left at once, still goes its way.</summary>
    private void AfterStash(Action end)
    {
        if (Stash.IsEmpty) end();
        else Stash.Stash();
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

    private void DetachAll()
    {
        _registrations.Written(_socket.Written);
        foreach (var registration in _registrations.All)
            registration.Mailbox.Tell(new Detach(registration.Peer, registration.Epoch, registration.Through));
        _registrations.Clear();
    }

    private void Schedule(Due due, TimeSpan delay) => Timers.StartSingleTimer(due, due, delay);

    private enum Due
    {
        Registration, Ping, Pong, Confirm, Close,
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 200, Level = LogLevel.Debug, Message = "A client gave no sign of life after a ping and was given up")]
        public static partial void GaveUp(ILogger logger);
    }
}
