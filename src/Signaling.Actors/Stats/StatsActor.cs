using Akka.Actor;
using Microsoft.Extensions.Logging;

namespace Signaling.Actors.Stats;

/// <summary>Writes the statistics line that operators of the original server read.</summary>
internal sealed partial class StatsActor : ReceiveActor, IWithTimers
{
    private readonly StatsOptions _options;

    public StatsActor(StatsOptions options, SignalingMetrics metrics, ILogger log)
    {
        _options = options;
        Receive<Tick>(_ => Log.Stats(log, metrics.Connections, metrics.ConnectionsTotal, metrics.Relayed, metrics.Queued));
    }

    public ITimerScheduler Timers { get; set; } = null!;            // set by Akka before PreStart

    public static Props Props(StatsOptions options, SignalingMetrics metrics, ILogger log) => Akka.Actor.Props.Create<StatsActor>(options, metrics, log);

    protected override void PreStart() => Timers.StartPeriodicTimer(nameof(Tick), Tick.Instance, _options.LogInterval);

    private sealed record Tick
    {
        public static readonly Tick Instance = new();
    }

    private static partial class Log
    {
        // The original server's line to the letter: connections now, in total, messages forwarded, messages queued.
        [LoggerMessage(EventId = 300, Level = LogLevel.Information, Message = "[Stats] 连接数: {Connections}, 总连接: {Total}, 转发消息: {Relayed}, 离线消息: {Queued}")]
        public static partial void Stats(ILogger logger, long connections, long total, long relayed, long queued);
    }
}
