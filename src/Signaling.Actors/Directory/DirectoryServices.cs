using Microsoft.Extensions.Logging;
using Signaling.Actors.Auth;
using Signaling.Actors.Connections;
using Signaling.Actors.Limits;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Presence;
using Signaling.Actors.Privacy;
using Signaling.Actors.Stats;
using Signaling.Actors.Turn;

namespace Signaling.Actors.Directory;

/// <summary>What a node's actors work with.</summary>
internal sealed record DirectoryServices(
    ConnectionOptions Connection, LimitOptions Limits, MailboxOptions Mailbox, PresenceOptions Presence, IceServers IceServers,
    IMailboxes Mailboxes, IMailboxStore Store, StoreHealth Health, TimeProvider Time, SignalingMetrics Metrics, IPeerAuthorizer? Authorizer, ILogger Log, LogNames Names);
