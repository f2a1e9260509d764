using Microsoft.Extensions.Logging;
using Signaling.Actors.Privacy;
using Signaling.Actors.Stats;

namespace Signaling.Actors.Mailboxes;

/// <summary>What every mailbox of a node works with.</summary>
/// <param name="Options">Its bounds.</param>
/// <param name="Quota">What each sender may have kept.</param>
/// <param name="Store">Where messages for peers that are away are kept.</param>
/// <param name="Health">Whether the store works.</param>
/// <param name="Time">The clock.</param>
/// <param name="Metrics">What is counted.</param>
/// <param name="Log">What an operator should know.</param>
/// <param name="Names">What peers are called there.</param>
internal sealed record MailboxServices(MailboxOptions Options, SenderQuota Quota, IMailboxStore Store, StoreHealth Health, TimeProvider Time, SignalingMetrics Metrics, ILogger Log, LogNames Names)
{
    /// <summary>With a quota of <paramref name="options"/>.</summary>
    public MailboxServices(MailboxOptions options, IMailboxStore store, StoreHealth health, TimeProvider time, SignalingMetrics metrics, ILogger log, LogNames names)
        : this(options, new SenderQuota(options.MaxOpenedPerMinute, time), store, health, time, metrics, log, names)
    {
    }

    /// <summary>Whether a fight for an id is told: anybody can begin as many as they have ids.</summary>
    public OnceAMinute FightsTold { get; } = new(Time);
}
