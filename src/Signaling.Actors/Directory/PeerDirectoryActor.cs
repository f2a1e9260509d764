using Akka.Actor;
using Signaling.Actors.Connections;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Messages;
using Signaling.Actors.Protocol;
using static Signaling.Actors.Messages.DirectoryProtocol;

namespace Signaling.Actors.Directory;

/// <summary>The top of a node: supervises its connections and its mailboxes, knows who is online, and tells the others who comes and goes.</summary>
/// <remarks>It is not on the way of a relayed message: connections speak with the mailboxes' region directly.</remarks>
internal sealed class PeerDirectoryActor : ReceiveActor, IWithTimers
{
    private readonly DirectoryServices _services;
    private readonly Roster _roster = new();
    private readonly Departures _departures;
    private readonly IActorRef _mailboxes;
    private readonly ConnectionServices _connectionServices;
    private int _connections;
    private bool _isDraining;

    public PeerDirectoryActor(DirectoryServices services)
    {
        _services = services;
        _departures = new Departures(services.Presence.OfflineGrace);
        var mailboxServices = new MailboxServices(services.Mailbox, services.Store, services.Time, services.Metrics, Self, services.Log);
        _mailboxes = Context.Watch(Context.ActorOf(MailboxRegionActor.Props(mailboxServices), "mailboxes"));
        _connectionServices = new ConnectionServices(services.Connection, services.Time, services.Metrics, _mailboxes, Self, services.Log);

        Receive<Connect>(Connect);
        Receive<ConnectionEnded>(_ =>
        {
            _connections--;
            StopWhenDrained();
        });
        Receive<PeerOnline>(Arrive);
        Receive<PeerOffline>(Depart);
        Receive<DepartureDue>(_ => AnnounceDepartures());
        Receive<ListPeers>(question => Sender.Tell(new Answer(FrameWriter.PeersList(_roster.Entries(question.Except), _roster.Count - question.Except.Count, Now))));
        Receive<AskStatus>(question => Sender.Tell(new Answer(FrameWriter.PeerStatusResponse(question.Peer, _roster.Find(question.Peer), Now))));
        Receive<Drain>(_ =>
        {
            _isDraining = true;
            foreach (var connection in Context.GetChildren().Where(child => !child.Equals(_mailboxes))) connection.Tell(ConnectionProtocol.GoAway.Instance);
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

    private void Connect(Connect connect)
    {
        var connection = Context.ActorOf(ConnectionActor.Props(connect.Socket, _connectionServices));
        Context.WatchWith(connection, ConnectionEnded.Instance);
        _connections++;
        if (_isDraining) connection.Tell(ConnectionProtocol.GoAway.Instance);
    }

    private void Arrive(PeerOnline online)
    {
        var isNew = _roster.Add(online, Now);
        _services.Metrics.PeersOnline(_roster.Count);
        if (isNew && !_departures.Return(online.Peer)) Announce(online.Peer, isOnline: true, online.Device, except: online.Connection);
    }

    private void Depart(PeerOffline offline)
    {
        if (_roster.Remove(offline) is not { } known) return;
        _services.Metrics.PeersOnline(_roster.Count);
        _departures.Add(offline.Peer, known.Device, _services.Time.GetUtcNow());
        AnnounceDepartures();
    }

    private void AnnounceDepartures()
    {
        while (_departures.TryTakeDue(_services.Time.GetUtcNow(), out var peer, out var device)) Announce(peer, isOnline: false, device, except: ActorRefs.Nobody);
        if (_departures.NextDue is { } due) Timers.StartSingleTimer(nameof(DepartureDue), DepartureDue.Instance, due - _services.Time.GetUtcNow());
    }

    /// <summary>One frame for everyone. A peer that has gone may have another id on a connection that is told, as the others are.</summary>
    private void Announce(PeerId peer, bool isOnline, Device device, IActorRef except)
    {
        if (_roster.Connections.Count == 0) return;
        var change = new PresenceChanged(peer, FrameWriter.PeerStatus(peer, isOnline, device, Now));
        foreach (var connection in _roster.Connections)
        {
            if (!connection.Equals(except)) connection.Tell(change);
        }
    }

    private void StopWhenDrained()
    {
        if (_isDraining && _connections == 0) Context.Stop(Self);
    }

    private sealed record ConnectionEnded
    {
        public static readonly ConnectionEnded Instance = new();
    }

    private sealed record DepartureDue
    {
        public static readonly DepartureDue Instance = new();
    }
}
