using Akka.Actor;
using Microsoft.Extensions.Logging;

namespace Signaling.Cluster.Hosting;

/// <summary>Joins the cluster by its seed nodes. The first of them begins one, unless the witness sees that there is one: then it waits until it reaches that.</summary>
internal sealed partial class JoinActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);

    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly IClusterWitness? _witness;
    private readonly ILogger _log;
    private readonly Address[] _seeds;
    private bool? _mayBegin;

    public JoinActor(string[] seeds, IClusterWitness? witness, ILogger log)
    {
        (_witness, _log) = (witness, log);
        _seeds = [.. seeds.Select(seed => Address.Parse(seed))];
        Receive<Look>(_ => LookAround());
        Receive<Seen>(seen => Join(mayBegin: !seen.Members));
        Receive<Said>(_ => { });
        Receive<Status.Failure>(failure => Log.NoWitness(_log, failure.Cause));
    }

    public ITimerScheduler Timers { get; set; } = null!;            // set by Akka before PreStart

    private bool IsFirst => _seeds.Length > 0 && _seeds[0].Equals(_cluster.SelfAddress);

    private bool IsMember => _cluster.SelfMember.Status is not (Akka.Cluster.MemberStatus.Removed or Akka.Cluster.MemberStatus.Joining);

    public static Props Props(IEnumerable<string> seeds, IClusterWitness? witness, ILogger log) => Akka.Actor.Props.Create<JoinActor>(seeds.ToArray(), witness, log);

    protected override void PreStart()
    {
        if (!IsFirst || _witness is null) Join(mayBegin: true);
        else Self.Tell(Look.Instance);
        if (_witness is not null) Timers.StartPeriodicTimer(nameof(Look), Look.Instance, Interval);
    }

    private void LookAround()
    {
        if (IsMember) _ = _witness!.SayMemberAsync().PipeTo(Self, success: () => Said.Instance, failure: cause => new Status.Failure(cause));
        else if (IsFirst) _ = _witness!.SeesMembersAsync().PipeTo(Self, success: members => new Seen(members), failure: cause => new Status.Failure(cause));
    }

    private void Join(bool mayBegin)
    {
        if (_mayBegin == mayBegin || IsMember) return;              // Akka goes on trying
        _mayBegin = mayBegin;
        var seeds = mayBegin ? _seeds : _seeds[1..];
        if (!mayBegin) Log.Waits(_log);
        if (seeds.Length > 0) _cluster.JoinSeedNodes(seeds);
    }

    private sealed record Seen(bool Members);

    private sealed record Look
    {
        public static readonly Look Instance = new();
    }

    private sealed record Said
    {
        public static readonly Said Instance = new();
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 307, Level = LogLevel.Warning, Message = "The store has heard of other nodes that are a cluster: this one waits until it reaches them, and begins none of its own")]
        public static partial void Waits(ILogger logger);

        [LoggerMessage(EventId = 308, Level = LogLevel.Warning, Message = "The store cannot be asked or told now who is a member of the cluster; it is tried again")]
        public static partial void NoWitness(ILogger logger, Exception failure);
    }
}
