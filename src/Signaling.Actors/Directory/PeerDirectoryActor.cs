using System.Security.Cryptography;
using Akka.Actor;
using Signaling.Actors.Connections;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Messages;
using Signaling.Actors.Presence;
using Signaling.Actors.Protocol;
using Signaling.Actors.Transport;
using static Signaling.Actors.Messages.DirectoryProtocol;

namespace Signaling.Actors.Directory;

/// <summary>The top of a node: supervises its connections and its mailboxes, knows who is online, and tells the others who comes and goes.</summary>
/// <remarks>It is not on the way of a relayed message: connections speak with the mailboxes' region directly.</remarks>
internal sealed class PeerDirectoryActor : ReceiveActor, IWithTimers
{
    /// <summary>Telling one socket that there is news costs a few µs of a core, most of them for its write. So all of them are told no more
    /// often than this allows, and what happens meanwhile goes into the same write.</summary>
    private static readonly TimeSpan RestPerSocket = TimeSpan.FromMicroseconds(10);
    private static readonly TimeSpan ShortestRest = TimeSpan.FromMilliseconds(1);

    private readonly DirectoryServices _services;
    private readonly Roster _roster = new();
    private readonly PresenceFeed _presence = new();
    private readonly Departures _departures;
    private readonly IActorRef _mailboxes;
    private readonly ConnectionServices _connectionServices;
    private readonly Dictionary<IActorRef, IClientSocket> _sockets = [];
    private bool _isResting;
    private bool _hasNews;
    private bool _isDraining;

    public PeerDirectoryActor(DirectoryServices services)
    {
        _services = services;
        _departures = new Departures(services.Presence.OfflineGrace);
        var mailboxServices = new MailboxServices(services.Mailbox, new SenderQuota(services.Mailbox.MaxOpenedPerMinute, services.Time), services.Store, services.Health, services.Time, services.Metrics, Self, services.Log);
        _mailboxes = Context.Watch(Context.ActorOf(MailboxRegionActor.Props(mailboxServices), "mailboxes"));
        Context.ActorOf(ExpiryActor.Props(mailboxServices), "expiry");
        _connectionServices = new ConnectionServices(services.Connection, services.Time, services.Metrics, _mailboxes, Self, _presence, Capabilities(services), services.Log);

        Receive<Connect>(Connect);
        Receive<ConnectionEnded>(ended =>
        {
            _sockets.Remove(ended.Connection);
            StopWhenDrained();
        });
        Receive<PeerOnline>(Arrive);
        Receive<PeerOffline>(Depart);
        Receive<DepartureDue>(_ => AnnounceDepartures());
        Receive<Rested>(_ =>
        {
            _isResting = false;
            if (_hasNews) TellOfNews();
        });
        Receive<ListPeers>(question => Sender.Tell(new Answer(FrameWriter.PeersList(_roster.Entries(question.Except), _roster.Count - question.Except.Count, Now))));
        Receive<AskStatus>(question => Sender.Tell(new Answer(FrameWriter.PeerStatusResponse(question.Peer, _roster.Find(question.Peer), Now))));
        Receive<Drain>(_ =>
        {
            _isDraining = true;
            foreach (var connection in _sockets.Keys) connection.Tell(ConnectionProtocol.GoAway.Instance);
            StopWhenDrained();
        });
        Receive<Terminated>(_ => throw new InvalidOperationException("The mailboxes are gone: the node's state starts anew, its clients return."));
    }

    public ITimerScheduler Timers { get; set; } = null!;            // set by Akka before PreStart

    private long Now => _services.Time.GetUtcNow().ToUnixTimeMilliseconds();

    public static Props Props(DirectoryServices services) => Akka.Actor.Props.Create<PeerDirectoryActor>(services);

    /// <summary>A connection that fails ends: its socket closes with 1011, its client returns, nobody else notices. A region that fails takes every
    /// mailbox with it, so then this actor fails too and starts anew.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    private static Capabilities Capabilities(DirectoryServices services) => new(
        Node: RandomNumberGenerator.GetHexString(8, lowercase: true),
        services.Connection.MaxMessageBytes, services.Mailbox.Capacity, services.Mailbox.TimeToLive, services.Connection.PingInterval);

    private void Connect(Connect connect)
    {
        var connection = Context.ActorOf(ConnectionActor.Props(connect.Socket, _connectionServices));
        Context.WatchWith(connection, new ConnectionEnded(connection));
        _sockets.Add(connection, connect.Socket);
        if (_isDraining) connection.Tell(ConnectionProtocol.GoAway.Instance);
    }

    private void Arrive(PeerOnline online)
    {
        var isNew = _roster.Add(online, Now);
        _services.Metrics.PeersOnline(_roster.Count);
        if (isNew && !_departures.Return(online.Peer)) Announce(online.Peer, isOnline: true, online.Device, subject: online.Connection);
    }

    private void Depart(PeerOffline offline)
    {
        if (_roster.Remove(offline) is not { } device) return;
        _services.Metrics.PeersOnline(_roster.Count);
        _departures.Add(offline.Peer, device, _services.Time.GetUtcNow());
        AnnounceDepartures();
    }

    private void AnnounceDepartures()
    {
        var now = _services.Time.GetUtcNow();                       // once: what is due next is in the future then
        // Of a peer that has gone there may be another id on a connection: it is told, as the others are.
        while (_departures.TryTakeDue(now, out var peer, out var device)) Announce(peer, isOnline: false, device, subject: null);
        if (_departures.NextDue is { } due) Timers.StartSingleTimer(nameof(DepartureDue), DepartureDue.Instance, due - now);
    }

    private void Announce(PeerId peer, bool isOnline, Device device, IActorRef? subject)
    {
        _presence.Append(peer, isOnline, FrameWriter.PeerStatus(peer, isOnline, device, Now), subject);
        if (_isResting) _hasNews = true;
        else TellOfNews();
    }

    private void TellOfNews()
    {
        foreach (var socket in _sockets.Values) socket.PresenceWaits();
        _hasNews = false;
        var rest = _sockets.Count * RestPerSocket;
        _isResting = rest >= ShortestRest;
        if (_isResting) Timers.StartSingleTimer(nameof(Rested), Rested.Instance, rest);
    }

    private void StopWhenDrained()
    {
        if (_isDraining && _sockets.Count == 0) Context.Stop(Self);
    }

    private sealed record ConnectionEnded(IActorRef Connection);

    private sealed record Rested
    {
        public static readonly Rested Instance = new();
    }

    private sealed record DepartureDue
    {
        public static readonly DepartureDue Instance = new();
    }
}
