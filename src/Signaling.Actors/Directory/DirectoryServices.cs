using Microsoft.Extensions.Logging;
using Signaling.Actors.Auth;
using Signaling.Actors.Connections;
using Signaling.Actors.Limits;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Presence;
using Signaling.Actors.Stats;
using Signaling.Actors.Turn;

namespace Signaling.Actors.Directory;

/// <summary>What a node's actors work with; without <c>Replicas</c> where it is alone.</summary>
internal sealed record DirectoryServices(
    ConnectionOptions Connection, LimitOptions Limits, PresenceOptions Presence, IceServers IceServers,
    IMailboxes Mailboxes, MailboxServices Mailbox, TimeProvider Time, SignalingMetrics Metrics, IPeerAuthorizer? Authorizer, ILogger Log,
    IRosterReplicas? Replicas = null);
