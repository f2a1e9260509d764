using System.Security.Cryptography;
using Akka.Actor;
using Signaling.Actors.Connections;
using Signaling.Actors.Limits;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Messages;
using Signaling.Actors.Presence;
using Signaling.Actors.Protocol;
using static Signaling.Actors.Messages.DirectoryProtocol;
using static Signaling.Actors.Presence.PresenceProtocol;

namespace Signaling.Actors.Directory;

/// <summary>The top of a node: supervises its connections and its mailboxes, knows who is online, and tells the others who comes and goes.</summary>
/// <remarks>It is not on the way of a relayed message: connections reach the mailboxes by what <see cref="IMailboxes"/> gives them.</remarks>
internal sealed class PeerDirectoryActor : ReceiveActor, IWithTimers
{
    /// <summary>Telling one socket that there is news costs a few µs of a core, most of them for its write. So all of them are told no more
    /// often than this allows, and what happens meanwhile goes into the same write.</summary>
    private static readonly TimeSpan RestPerSocket = TimeSpan.FromMicroseconds(10);
    private static readonly TimeSpan ShortestRest = TimeSpan.FromMilliseconds(1);

    /// <summary>So long a peer whose connection was replaced stays online: its new one, which may be another node's, is about to tell that it is here,
    /// unless it ended before it heard so itself.</summary>
    private static readonly TimeSpan SuccessorTimeout = TimeSpan.FromSeconds(5);

    private readonly DirectoryServices _services;
    private readonly Roster _roster = new();
    private readonly PresenceHub _presence;
    private readonly Departures _departures;
    private readonly PeersLists _lists;
    private readonly ConnectionServices _connectionServices;
    private readonly HashSet<IActorRef> _connections = [];
    private WakeRound _lastNews = new([]);
    private bool _isResting;
    private ConnectionProtocol.GoAway? _goAway;

    public PeerDirectoryActor(DirectoryServices services)
    {
        _services = services;
        _departures = new Departures(services.Presence.OfflineGrace);
        _presence = new PresenceHub(services.Presence);
        _lists = new PeersLists(_roster, services.Time);
        Context.ActorOf(ExpiryActor.Props(services.Mailbox), "expiry");
        _connectionServices = new ConnectionServices(
            services.Connection, new ClientLimits(services.Limits, services.Time), services.Presence, services.IceServers, services.Time, services.Metrics,
            services.Mailboxes.Start(Context), Self, Capabilities(services), services.Authorizer, services.Log);

        Receive<Connect>(Connect);
        Receive<ConnectionEnded>(ended =>
        {
            _connections.Remove(ended.Connection);
            StopWhenDrained();
        });
        Receive<PeerOnline>(Arrive);
        Receive<PeerOffline>(Depart);
        Receive<DepartureDue>(_ => AnnounceDepartures());
        Receive<Rested>(_ =>
        {
            _isResting = false;
            TellNews();
        });
        Receive<Observe>(observe => _presence.Observe(observe.Observer, observe.Peer, observe.Scope, observe.Reach));
        Receive<StopObserving>(stop => _presence.StopObserving(stop.Observer));
        Receive<Relate>(relate => _presence.Relate(relate.Observer, relate.Other));
        Receive<Watch>(WatchPeers);
        Receive<Unwatch>(unwatch =>
        {
            _presence.Unwatch(unwatch.Observer, unwatch.Peers);
            Sender.Tell(new Answers([]));
        });
        Receive<ListPeers>(question =>
        {
            var rest = _lists.Ask(Sender, question);
            if (rest > TimeSpan.Zero) Timers.StartSingleTimer(nameof(ListsDue), ListsDue.Instance, rest);
        });
        Receive<ListsDue>(_ => _lists.AnswerWaiting());
        Receive<AskStatus>(question => Sender.Tell(new Answer(FrameWriter.PeerStatusResponse(question.Peer, _roster.Find(question.Peer), Now))));
        Receive<Drain>(drain =>
        {
            _goAway = new ConnectionProtocol.GoAway(drain.ReconnectWithin);
            foreach (var connection in _connections) connection.Tell(_goAway);
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
        services.Connection.MaxMessageBytes, services.Limits.MessagesPerSecond, services.Mailbox.Options.Capacity, services.Mailbox.Options.TimeToLive, services.Connection.PingInterval);

    private void Connect(Connect connect)
    {
        var connection = Context.ActorOf(ConnectionActor.Props(connect.Socket, connect.Origin, connect.Place?.Address, _connectionServices));
        Context.WatchWith(connection, new ConnectionEnded(connection));
        _connections.Add(connection);
        if (_goAway is not null) connection.Tell(_goAway);
    }

    private void Arrive(PeerOnline online)
    {
        var isNew = _roster.Add(online, Now);
        CountPeers();
        if (isNew && !_departures.Return(online.Peer)) Announce(online.Peer, isOnline: true, online.Device, subject: online.Connection);
        TellNews();
    }

    private void Depart(PeerOffline offline)
    {
        if (offline.IsReplaced)
        {
            if (_roster.Has(offline.Peer, offline.Epoch)) Timers.StartSingleTimer(offline.Peer, offline with { IsReplaced = false }, SuccessorTimeout);
            return;
        }
        if (_roster.Remove(offline) is not { } device) return;
        CountPeers();
        _departures.Add(offline.Peer, device, _services.Time.GetUtcNow());
        AnnounceDepartures();
    }

    private void CountPeers()
    {
        _services.Metrics.PeersOnline(_roster.Count);
        _presence.Count(_roster.Count);
    }

    /// <summary>Tells how the peers are as far as it is announced: a change that follows is announced, too.</summary>
    private void WatchPeers(Watch watch)
    {
        if (!_presence.TryWatch(watch.Observer, watch.Peers))
        {
            _services.Metrics.ErrorAnswered(ErrorCode.TooManyWatched);
            Sender.Tell(new Answer(FrameWriter.Error(ErrorCode.TooManyWatched, $"{_services.Presence.MaxWatched}", watch.Id, Now)));
            return;
        }
        var statuses = from peer in watch.Peers
                       let device = _roster.Find(peer) ?? _departures.Find(peer)
                       select (ReadOnlyMemory<byte>)FrameWriter.PeerStatus(peer, online: device is not null, device ?? Device.Unknown, Now);
        Sender.Tell(new Answers([.. statuses]));
    }

    private void AnnounceDepartures()
    {
        var now = _services.Time.GetUtcNow();                       // once: what is due next is in the future then
        // Of a peer that has gone there may be another id on a connection: it is told, as the others are.
        while (_departures.TryTakeDue(now, out var peer, out var device)) Announce(peer, isOnline: false, device, subject: null);
        TellNews();
        if (_departures.NextDue is { } due) Timers.StartSingleTimer(nameof(DepartureDue), DepartureDue.Instance, due - now);
    }

    private void Announce(PeerId peer, bool isOnline, Device device, IActorRef? subject) =>
        _presence.Announce(peer, isOnline, FrameWriter.PeerStatus(peer, isOnline, device, Now), subject);

    private void TellNews()
    {
        if (_isResting || !_presence.HasNews) return;
        if (!_lastNews.IsDone)
        {
            Rest(ShortestRest);
            return;
        }
        _lastNews = _presence.TakeNews();
        _lastNews.Begin();
        var rest = _lastNews.Count * RestPerSocket;
        if (rest >= ShortestRest) Rest(rest);
    }

    private void Rest(TimeSpan time)
    {
        _isResting = true;
        Timers.StartSingleTimer(nameof(Rested), Rested.Instance, time);
    }

    private void StopWhenDrained()
    {
        if (_goAway is not null && _connections.Count == 0) Context.Stop(Self);
    }

    private sealed record ConnectionEnded(IActorRef Connection);

    private sealed record Rested
    {
        public static readonly Rested Instance = new();
    }

    private sealed record ListsDue
    {
        public static readonly ListsDue Instance = new();
    }

    private sealed record DepartureDue
    {
        public static readonly DepartureDue Instance = new();
    }
}
