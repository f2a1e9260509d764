using Microsoft.Extensions.Logging;
using Signaling.Actors.Privacy;

namespace Signaling.Actors.Mailboxes;

/// <summary>Whether the mailbox store works: a circuit breaker for all mailboxes of a node. After a few failures in a row calls fail at once, but for one a second that
/// tries; the first that succeeds closes the circuit. It says both once, however many mailboxes notice. Safe for parallel use.</summary>
internal sealed partial class StoreHealth(TimeProvider time, ILogger log)
{
    private const int MaxFailures = 5;
    private static readonly TimeSpan TryInterval = TimeSpan.FromSeconds(1);

    private readonly OnceAMinute _damageTold = new(time);           // however many mailboxes it is in and whoever asks for them
    private readonly HashSet<string> _damaged = [];                 // since the last success
    private int _failures;
    private long _triedAt;

    /// <summary>The circuit is closed.</summary>
    public bool IsHealthy => Volatile.Read(ref _failures) < MaxFailures;

    /// <summary>Whether the store is to be called now.</summary>
    public bool MayCall()
    {
        if (IsHealthy) return true;
        var triedAt = Interlocked.Read(ref _triedAt);
        return time.GetElapsedTime(triedAt) >= TryInterval && Interlocked.CompareExchange(ref _triedAt, time.GetTimestamp(), triedAt) == triedAt;
    }

    public void Succeeded()
    {
        if (Volatile.Read(ref _failures) == 0) return;
        lock (_damaged) _damaged.Clear();
        if (Interlocked.Exchange(ref _failures, 0) >= MaxFailures) Log.Recovered(log);
    }

    /// <summary>A call failed. Damage counts once for each mailbox: it may be the only one that has any.</summary>
    /// <param name="cause">Why.</param>
    /// <param name="what">What was asked for, as an operator reads it; peers by their <see cref="LogNames"/>.</param>
    public void Failed(Exception cause, string what)
    {
        if (cause is InvalidDataException)
        {
            if (_damageTold.TryPass()) Log.Damaged(log, what, cause.Message.TrimEnd('.'), cause);
            lock (_damaged)
            {
                if (_damaged.Count == MaxFailures || !_damaged.Add(what)) return;
            }
        }
        var failures = Interlocked.Increment(ref _failures);
        if (failures != MaxFailures) return;
        Interlocked.Exchange(ref _triedAt, time.GetTimestamp());
        Log.Failing(log, cause.Message.TrimEnd('.'), cause);
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 100, Level = LogLevel.Error, Message = "The mailbox store fails: {Reason}. Senders to peers that are away are told, relays between peers that are here go on, and it is tried every second")]
        public static partial void Failing(ILogger logger, string reason, Exception cause);

        [LoggerMessage(EventId = 104, Level = LogLevel.Error, Message = "The mailbox store is damaged, which fails {What}: {Reason}. Other mailboxes go on; run signaling-node mailbox stats --verify")]
        public static partial void Damaged(ILogger logger, string what, string reason, Exception cause);

        [LoggerMessage(EventId = 103, Level = LogLevel.Information, Message = "The mailbox store works again")]
        public static partial void Recovered(ILogger logger);
    }
}
