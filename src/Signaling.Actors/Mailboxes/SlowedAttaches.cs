using Akka.Actor;
using Microsoft.Extensions.Logging;
using Signaling.Actors.Protocol;
using static Signaling.Actors.Messages.MailboxProtocol;

namespace Signaling.Actors.Mailboxes;

/// <summary>Takeovers of one peer that have to wait, because its clients keep replacing each other.</summary>
internal sealed partial class SlowedAttaches(PeerId peer, MailboxServices services, IActorContext mailbox)
{
    private Slowdown? _takeovers;                                   // most mailboxes never see one
    private HashSet<IActorRef>? _waiting;

    public bool IsEmpty => _waiting is null or { Count: 0 };

    /// <summary>A takeover is asked for.</summary>
    /// <returns>Whether it has to wait; then the mailbox is told <see cref="Due"/>.</returns>
    public bool TryAdd(Attach attach, ITimerScheduler timers)
    {
        _takeovers ??= new Slowdown();
        var delay = _takeovers.Next(services.Time.GetUtcNow());
        if (_takeovers.JustNoticed)
        {
            services.Metrics.TakeoverFightNoticed();
            if (services.FightsTold.TryPass()) Log.TakeoverFight(services.Log, services.Names.Of(peer));
        }
        if (delay == TimeSpan.Zero) return false;
        (_waiting ??= []).Add(mailbox.Watch(attach.Connection));
        timers.StartSingleTimer(attach.Connection, new Due(attach), delay);
        return true;
    }

    /// <summary>It has waited long enough.</summary>
    /// <returns>Whether it was still waiting.</returns>
    public bool TryTake(IActorRef connection) => _waiting?.Remove(connection) == true;

    /// <summary>Its connection is gone.</summary>
    public void Forget(IActorRef connection) => _waiting?.Remove(connection);

    /// <summary>Sends every connection that waits away: it attaches to the mailbox's successor.</summary>
    public void SendAway()
    {
        foreach (var connection in _waiting ?? []) connection.Tell(new AttachAgain(peer));
        _waiting = null;
    }

    /// <summary>Its turn has come, if its connection is still there.</summary>
    internal sealed record Due(Attach Attach);

    private static partial class Log
    {
        [LoggerMessage(EventId = 101, Level = LogLevel.Warning, Message = "Two clients keep replacing each other as peer {Peer}; they are slowed down (told once a minute at most)")]
        public static partial void TakeoverFight(ILogger logger, string peer);
    }
}
