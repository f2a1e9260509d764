using Microsoft.Extensions.Logging;
using Signaling.Actors.Connections;
using Signaling.Actors.Limits;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Presence;
using Signaling.Actors.Privacy;
using Signaling.Actors.Stats;

namespace Signaling.Actors.Directory;

/// <summary>What a node's actors work with.</summary>
internal sealed record DirectoryServices(
    ConnectionOptions Connection, LimitOptions Limits, MailboxOptions Mailbox, PresenceOptions Presence,
    IMailboxStore Store, StoreHealth Health, TimeProvider Time, SignalingMetrics Metrics, ILogger Log, LogNames Names);
