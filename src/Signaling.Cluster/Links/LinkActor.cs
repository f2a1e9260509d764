using Akka.Actor;
using Akka.Cluster;
using Microsoft.Extensions.Logging;
using Signaling.Actors.Mailboxes;
using Signaling.Cluster.Wire;

namespace Signaling.Cluster.Links;

/// <summary>Carries a <see cref="NodeLink"/>'s batches over Akka's remoting, which may lose them while a connection between the nodes breaks: they are numbered, kept
/// until the other node has them, and sent again from the first that it has not. It is the other direction's receiver, too.</summary>
internal sealed partial class LinkActor : ReceiveActor, IWithTimers
{
    /// <summary>So many batches are under way; what comes meanwhile makes the next ones larger.</summary>
    private const int Window = 2;

    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan ResendAfter = TimeSpan.FromMilliseconds(600);

    private readonly NodeLink _link;
    private readonly IActorRef _other;
    private readonly PeerIds _peers = new();
    private readonly ILinkReceiver _receiver;
    private readonly int _self;
    private readonly TimeProvider _time;
    private readonly Action<int> _batchesResent;
    private readonly ILogger _log;
    private readonly OnceAMinute _unreadableTold;
    private readonly Queue<(long Number, ReadOnlyMemory<byte> Items)> _underWay = [];
    private long _sent;
    private long _received;
    private long _sentAt;
    private bool _owesReceipt;

    public LinkActor(UniqueAddress node, UniqueAddress self, long maxBytes, ILinkReceiver receiver, TimeProvider time, Action<int> batchesResent, ILogger log)
    {
        (_receiver, _self, _time, _batchesResent, _log, _unreadableTold) = (receiver, self.Uid, time, batchesResent, log, new OnceAMinute(time));
        _link = new NodeLink(node, Self, maxBytes);
        _other = ((ExtendedActorSystem)Context.System).Provider.ResolveActorRef(new RootActorPath(node.Address) / Context.Self.Path.Parent.Elements.Append(NameFor(self)));
        Receive<Flush>(_ => SendWhatWaits());
        Receive<LinkBatch>(Take);
        Receive<SayReceived>(_ =>
        {
            if (_owesReceipt) Send(0, default);
        });
        Receive<Look>(_ => Resend());
    }

    public ITimerScheduler Timers { get; set; } = null!;            // set by Akka before PreStart

    /// <summary>What the two ends of a link are called on each node.</summary>
    public static string NameFor(UniqueAddress node) => $"{node.Address.Host}_{node.Address.Port}_{node.Uid}";

    protected override void PreStart()
    {
        Timers.StartPeriodicTimer(nameof(Look), Look.Instance, LookInterval);
        _receiver.LinkOpened(_link);
    }

    protected override void PostStop()
    {
        _link.Close();
        _receiver.LinkClosed(_link);
    }

    private void SendWhatWaits()
    {
        while (_underWay.Count < Window && _link.Take() is { } batch)
        {
            if (_underWay.Count == 0) _sentAt = _time.GetTimestamp();
            _underWay.Enqueue((++_sent, batch.Written));
            Send(_sent, batch.Written);
        }
    }

    private void Send(long number, ReadOnlyMemory<byte> items)
    {
        _owesReceipt = false;
        _other.Tell(new LinkBatch(_link.Node.Uid, number, _received, items), Self);
    }

    private void Take(LinkBatch batch)
    {
        if (batch.To != _self) return;
        while (_underWay.TryPeek(out var first) && first.Number <= batch.Received)
        {
            _underWay.Dequeue();
            _sentAt = _time.GetTimestamp();
        }
        if (batch.Number > 0)
        {
            if (batch.Number == _received + 1)
            {
                _received++;
                Read(batch.Items);
            }
            // Behind what has come meanwhile, and not at all where a batch of this direction says it.
            _owesReceipt = true;
            Self.Tell(SayReceived.Instance);
        }
        SendWhatWaits();
    }

    private void Read(ReadOnlyMemory<byte> items)
    {
        try
        {
            for (var batch = new ItemReader(items.Span, _peers); !batch.IsAtEnd;)
            {
                var item = batch.ReadItem(out var kind);
                Take(kind, item);
            }
        }
        catch (FormatException cause)
        {
            TellUnreadable(cause);
        }
    }

    /// <summary>One that cannot be read takes no other with it: among them may be answers that somebody waits for.</summary>
    private void Take(ItemKind kind, ItemReader item)
    {
        try
        {
            _receiver.Take(_link, kind, item);
        }
        catch (FormatException cause)
        {
            TellUnreadable(cause);
        }
    }

    private void TellUnreadable(FormatException cause)
    {
        if (_unreadableTold.TryPass()) Log.Unreadable(_log, _link.Node.Address, cause);
    }

    private void Resend()
    {
        if (_underWay.Count == 0 || _time.GetElapsedTime(_sentAt) < ResendAfter) return;
        _sentAt = _time.GetTimestamp();
        _batchesResent(_underWay.Count);
        foreach (var (number, items) in _underWay) Send(number, items);
    }

    /// <summary>Something waits in the link.</summary>
    internal sealed record Flush
    {
        public static readonly Flush Instance = new();
    }

    private sealed record SayReceived
    {
        public static readonly SayReceived Instance = new();
    }

    private sealed record Look
    {
        public static readonly Look Instance = new();
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 301, Level = LogLevel.Error, Message = "What node {Node} sent cannot be read; is it of another version? (told once a minute at most)")]
        public static partial void Unreadable(ILogger logger, Address node, Exception cause);
    }
}

/// <summary>Where a link's items arrive, on its actor's thread.</summary>
internal interface ILinkReceiver
{
    /// <summary>A node is a member of the cluster.</summary>
    void LinkOpened(NodeLink link);

    /// <summary>It is none any more.</summary>
    void LinkClosed(NodeLink link);

    /// <exception cref="FormatException">The item cannot be read.</exception>
    void Take(NodeLink link, ItemKind kind, ItemReader item);
}

/// <summary>Several, each of which takes the items that are its own.</summary>
internal sealed class LinkReceivers(params ILinkReceiver[] receivers) : ILinkReceiver
{
    public void LinkOpened(NodeLink link)
    {
        foreach (var receiver in receivers) receiver.LinkOpened(link);
    }

    public void LinkClosed(NodeLink link)
    {
        foreach (var receiver in receivers) receiver.LinkClosed(link);
    }

    public void Take(NodeLink link, ItemKind kind, ItemReader item)
    {
        foreach (var receiver in receivers) receiver.Take(link, kind, item);
    }
}
