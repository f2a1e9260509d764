using System.Security.Cryptography;
using Akka.Actor;
using Signaling.Actors.Connections;
using Signaling.Actors.Limits;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Messages;
using Signaling.Actors.Presence;
using Signaling.Actors.Protocol;
using static Signaling.Actors.Directory.ReplicaProtocol;
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

    /// <summary>Where very many come or go at once, as with a whole node, others have their turn after so many.</summary>
    private const int MaxAtOnce = 1_000;

    private readonly DirectoryServices _services;
    private readonly Roster _roster = new();
    private readonly PresenceHub _presence;
    private readonly Departures _departures;
    private readonly PeersLists _lists;
    private readonly ConnectionServices _connectionServices;
    private readonly IActorRef? _replicas;                          // null: this node is alone
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

        _replicas = services.Replicas?.Start(Context);

        Receive<Connect>(Connect);
        Receive<ConnectionEnded>(ended =>
        {
            _connections.Remove(ended.Connection);
            StopWhenDrained();
        });
        Receive<PeerOnline>(Arrive);
        Receive<PeerOffline>(Depart);
        Receive<DepartureDue>(_ => AnnounceDepartures());
        Receive<Replicate>(Take);
        Receive<Forget>(forget => Lose(new Lost([.. _roster.Of(forget.Node)], 0, forget.Grace)));
        Receive<Lost>(Lose);
        Receive<AskOwnPeers>(asked => Sender.Tell(new OwnPeers(asked.Node, [.. _roster.Own.Select(StateOf)])));
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
            _goAway = new ConnectionProtocol.GoAway(drain.ReconnectWithin, _services.Replicas is { HasOthers: true } ? drain.LeaveWithin : TimeSpan.Zero);
            foreach (var connection in _connections) connection.Tell(_goAway);
            StopWhenDrained();
        });
        Receive<Terminated>(_ => throw new InvalidOperationException("The mailboxes, or the way to the other nodes, are gone: the node's state starts anew, its clients return."));
    }

    public ITimerScheduler Timers { get; set; } = null!;            // set by Akka before PreStart

    /// <summary>Clients that were told to go elsewhere, or to come back, are given the time that they were told.</summary>
    private TimeSpan Grace => _goAway is null ? TimeSpan.Zero : _goAway.ReconnectWithin + _services.Presence.OfflineGrace;

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
        if (!_roster.TryAdd(online, Now, out var entry, out var before)) return;
        CountPeers();
        _replicas?.Tell(StateOf(entry));
        if (before is null) AnnounceArrival(online.Peer, online.Device, online.Connection);
        TellNews();
    }

    private void Depart(PeerOffline offline)
    {
        if (offline.IsReplaced) AwaitSuccessor(offline.Peer, offline.Epoch);
        else if (TryRemove(offline.Peer, offline.Epoch, Grace, isOwnWord: true)) AfterDepartures();
    }

    /// <summary>What other nodes' directories say.</summary>
    private void Take(Replicate replicate)
    {
        foreach (var state in replicate.Peers)
        {
            switch (state)
            {
                case Here here: ArriveElsewhere(here, replicate.Node); break;
                case Gone gone: TryRemove(gone.Peer, gone.Epoch, gone.Grace, isOwnWord: false); break;
                case Replaced replaced: AwaitSuccessor(replaced.Peer, replaced.Epoch); break;
            }
        }
        AfterDepartures();
    }

    private void ArriveElsewhere(Here here, object node)
    {
        if (!_roster.TryAdd(here, node, out var before)) return;
        CountPeers();
        if (before is null) AnnounceArrival(here.Peer, here.Device, subject: null);
        if (before is not { IsOwn: true }) return;
        _replicas?.Tell(new Replaced(before.Peer, before.Epoch));   // takes back what this node said, for whom it comes later than that of the other node
        _presence.MoveAway(here.Peer);
    }

    private void AnnounceArrival(PeerId peer, Device device, IActorRef? subject)
    {
        if (!_departures.Return(peer)) Announce(peer, isOnline: true, device, subject);
    }

    private void AwaitSuccessor(PeerId peer, Epoch epoch)
    {
        if (_roster.Has(peer, epoch)) Timers.StartSingleTimer(peer, new PeerOffline(peer, epoch), SuccessorTimeout);
    }

    /// <param name="peer">Who left.</param>
    /// <param name="epoch">Of the registration that is over.</param>
    /// <param name="grace">How long it has at least to come back.</param>
    /// <param name="isOwnWord">A connection of this node says so, and no other node does.</param>
    /// <returns>Whether it was here.</returns>
    private bool TryRemove(PeerId peer, Epoch epoch, TimeSpan grace, bool isOwnWord)
    {
        if (_roster.Remove(peer, epoch) is not { } entry) return false;
        if (isOwnWord || entry.IsOwn) _replicas?.Tell(new Gone(peer, epoch, grace));
        _departures.Add(peer, entry.Device, _services.Time.GetUtcNow(), grace);
        return true;
    }

    /// <summary>Peers went with their node.</summary>
    private void Lose(Lost lost)
    {
        var end = Math.Min(lost.Next + MaxAtOnce, lost.Entries.Length);
        foreach (var entry in lost.Entries.AsSpan(lost.Next..end))
        {
            if (_roster.TryRemove(entry)) _departures.Add(entry.Peer, entry.Device, _services.Time.GetUtcNow(), lost.Grace);
        }
        if (end < lost.Entries.Length) Self.Tell(lost with { Next = end });
        AfterDepartures();
    }

    private void AfterDepartures()
    {
        CountPeers();
        AnnounceDepartures();
    }

    /// <summary>All peers of a cluster are counted where it is about who is told, as each of them is; the metrics of its nodes add up.</summary>
    private void CountPeers()
    {
        _services.Metrics.PeersOnline(_roster.OwnCount);
        _presence.Count(_roster.Count);
    }

    private static Here StateOf(RosterEntry entry) => new(entry.Peer, entry.Epoch, entry.Device, entry.ConnectedAt);

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
        var now = _services.Time.GetUtcNow();
        // Of a peer that has gone there may be another id on a connection: it is told, as the others are.
        for (var i = 0; i < MaxAtOnce && _departures.TryTakeDue(now, out var peer, out var device); i++) Announce(peer, isOnline: false, device, subject: null);
        TellNews();
        if (_departures.NextDue is not { } due) return;
        if (due > now) Timers.StartSingleTimer(nameof(DepartureDue), DepartureDue.Instance, due - now);
        else Self.Tell(DepartureDue.Instance);
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

    /// <summary>What was known of peers by the word of a node is over, of the next of them on.</summary>
    private sealed record Lost(RosterEntry[] Entries, int Next, TimeSpan Grace);

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
