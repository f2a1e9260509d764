using Akka.Actor;
using Signaling.Actors.Protocol;
using static Signaling.Actors.Messages.MailboxProtocol;

namespace Signaling.Cluster.Mailboxes;

/// <summary>Asks the shard region where mailboxes are, until they answer: a region may drop what it is told while shards move (akka.net issue 8501). Watches this node's connections
/// for other nodes' mailboxes, which cannot.</summary>
internal sealed class FinderActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ForgetInterval = TimeSpan.FromSeconds(15);

    /// <summary>Between two questions after the same mailbox, in ticks: doubled each time, up to a second.</summary>
    private const int LongestPause = 20;

    private readonly ClusterMailboxes _mailboxes;
    private readonly IActorRef _region;
    private readonly Dictionary<PeerId, Search> _searches = [];
    private readonly PriorityQueue<PeerId, long> _due = new();
    private long _ticks;

    public FinderActor(ClusterMailboxes mailboxes, IActorRef region)
    {
        (_mailboxes, _region) = (mailboxes, region);
        Receive<Seek>(seek =>
        {
            var search = new Search(seek.Address);
            _searches[seek.Address.Peer] = search;
            Ask(seek.Address.Peer, search);
            if (!Timers.IsTimerActive(nameof(Look))) Timers.StartPeriodicTimer(nameof(Look), Look.Instance, Tick);
        });
        Receive<Located>(Found);
        Receive<Look>(_ => AskAgain());
        Receive<LookAnew>(_ =>
        {
            foreach (var (peer, search) in _searches)
            {
                search.Pause = 1;
                Ask(peer, search);
            }
        });
        Receive<Watch>(watch => Context.Watch(watch.Connection));
        Receive<Terminated>(ended => _mailboxes.ConnectionEnded(ended.ActorRef));
        Receive<Forget>(_ => _mailboxes.ForgetUnused(ForgetInterval));
    }

    public ITimerScheduler Timers { get; set; } = null!;            // set by Akka before PreStart

    protected override void PreStart() => Timers.StartPeriodicTimer(nameof(Forget), Forget.Instance, ForgetInterval);

    private void Found(Located located)
    {
        if (!_searches.TryGetValue(located.Peer, out var search)) return;
        var node = Sender.Path.Address;                             // without a host, it is this one: the mailbox itself has told its address
        if (node.HasGlobalScope && _mailboxes.LinkTo(node) is { } link) search.Address.LeadTo(link);
        if (!search.Address.IsSought) _searches.Remove(located.Peer);
    }

    private void AskAgain()
    {
        _ticks++;
        while (_due.TryPeek(out var peer, out var at) && at <= _ticks)
        {
            _due.Dequeue();
            if (!_searches.TryGetValue(peer, out var search) || search.DueAt != at) continue;
            if (search.Address.IsSought) Ask(peer, search);
            else _searches.Remove(peer);
        }
        if (_searches.Count > 0) return;
        _due.Clear();
        Timers.Cancel(nameof(Look));
    }

    private void Ask(PeerId peer, Search search)
    {
        _region.Tell(new Locate(peer), Self);
        search.Pause = Math.Min(2 * search.Pause, LongestPause);
        search.DueAt = _ticks + search.Pause;
        _due.Enqueue(peer, search.DueAt);
    }

    /// <summary>Find this mailbox.</summary>
    internal sealed record Seek(ClusterAddress Address);

    /// <summary>A node is gone: its mailboxes are elsewhere soon.</summary>
    internal sealed record LookAnew
    {
        public static readonly LookAnew Instance = new();
    }

    /// <summary>Say when this connection has ended.</summary>
    internal sealed record Watch(IActorRef Connection);

    private sealed class Search(ClusterAddress address)
    {
        public ClusterAddress Address { get; } = address;

        public int Pause { get; set; } = 1;

        public long DueAt { get; set; }
    }

    private sealed record Look
    {
        public static readonly Look Instance = new();
    }

    private sealed record Forget
    {
        public static readonly Forget Instance = new();
    }
}
