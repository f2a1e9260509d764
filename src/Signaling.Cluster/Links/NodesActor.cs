using Akka.Actor;
using Akka.Cluster;
using Microsoft.Extensions.Logging;

namespace Signaling.Cluster.Links;

/// <summary>Keeps a <see cref="LinkActor"/> to each other member of the cluster.</summary>
internal sealed partial class NodesActor : ReceiveActor
{
    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly long _maxBytes;
    private readonly ILinkReceiver _receiver;
    private readonly TimeProvider _time;
    private readonly Action<int> _batchesResent;
    private readonly ILogger _log;

    public NodesActor(long maxBytes, ILinkReceiver receiver, TimeProvider time, Action<int> batchesResent, ILogger log)
    {
        (_maxBytes, _receiver, _time, _batchesResent, _log) = (maxBytes, receiver, time, batchesResent, log);
        Receive<ClusterEvent.CurrentClusterState>(state =>
        {
            foreach (var member in state.Members) Open(member);
        });
        Receive<ClusterEvent.MemberRemoved>(removed =>
        {
            Log.Left(_log, removed.Member.Address);
            Context.Stop(Context.Child(LinkActor.NameFor(removed.Member.UniqueAddress)));
        });
        Receive<ClusterEvent.IMemberEvent>(changed => Open(changed.Member));
        Receive<ClusterEvent.UnreachableMember>(unreachable => Log.Unreachable(_log, unreachable.Member.Address));
        Receive<ClusterEvent.ReachableMember>(reachable => Log.Reachable(_log, reachable.Member.Address));
    }

    /// <param name="maxBytes">Most bytes that wait for one node, above which no more messages are taken.</param>
    /// <param name="receiver">Where what comes arrives.</param>
    /// <param name="time">The clock.</param>
    /// <param name="batchesResent">Is told how many batches had to be sent again.</param>
    /// <param name="log">What an operator should know.</param>
    public static Props Props(long maxBytes, ILinkReceiver receiver, TimeProvider time, Action<int> batchesResent, ILogger log) =>
        Akka.Actor.Props.Create<NodesActor>(maxBytes, receiver, time, batchesResent, log);

    /// <summary>A link that fails would have lost its place: it must not go on as if it had not.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(failure =>
    {
        Log.LinkFailed(_log, failure);
        _cluster.Down(_cluster.SelfAddress);
        return Directive.Stop;
    });

    protected override void PreStart() =>
        _cluster.Subscribe(Self, ClusterEvent.InitialStateAsSnapshot, typeof(ClusterEvent.IMemberEvent), typeof(ClusterEvent.IReachabilityEvent));

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    private void Open(Member member)
    {
        var name = LinkActor.NameFor(member.UniqueAddress);
        if (member.UniqueAddress.Equals(_cluster.SelfUniqueAddress) || member.Status == MemberStatus.Removed || !Context.Child(name).IsNobody()) return;
        Log.Joined(_log, member.Address);
        Context.ActorOf(Akka.Actor.Props.Create<LinkActor>(member.UniqueAddress, _cluster.SelfUniqueAddress, _maxBytes, _receiver, _time, _batchesResent, _log), name);
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 302, Level = LogLevel.Information, Message = "Node {Node} is a member of the cluster")]
        public static partial void Joined(ILogger logger, Address node);

        [LoggerMessage(EventId = 303, Level = LogLevel.Information, Message = "Node {Node} is no member of the cluster any more")]
        public static partial void Left(ILogger logger, Address node);

        [LoggerMessage(EventId = 304, Level = LogLevel.Warning, Message = "Node {Node} cannot be reached")]
        public static partial void Unreachable(ILogger logger, Address node);

        [LoggerMessage(EventId = 305, Level = LogLevel.Information, Message = "Node {Node} can be reached again")]
        public static partial void Reachable(ILogger logger, Address node);

        [LoggerMessage(EventId = 306, Level = LogLevel.Critical, Message = "A link to another node failed; this node leaves the cluster")]
        public static partial void LinkFailed(ILogger logger, Exception failure);
    }
}
