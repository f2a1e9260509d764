using Akka.Actor;
using Microsoft.Extensions.Logging;
using Signaling.Actors.Auth;
using Signaling.Actors.Limits;
using Signaling.Actors.Presence;
using Signaling.Actors.Protocol;
using Signaling.Actors.Stats;
using Signaling.Actors.Turn;

namespace Signaling.Actors.Connections;

/// <summary>What every connection of a node works with.</summary>
/// <param name="Options">Its limits.</param>
/// <param name="Limits">How much its client may do.</param>
/// <param name="Presence">Who is told when a peer comes or goes.</param>
/// <param name="IceServers">What its client may use to reach others.</param>
/// <param name="Time">The clock.</param>
/// <param name="Metrics">What is counted.</param>
/// <param name="Mailboxes">Whoever holds the mailboxes: a node's own router, or a shard region.</param>
/// <param name="Directory">Who is told that its peers came or went, and answers questions about others.</param>
/// <param name="Capabilities">What <c>registered</c> tells of the node.</param>
/// <param name="Authorizer">Who says which client may register which id; null where every one may.</param>
/// <param name="Log">What an operator should know.</param>
internal sealed record ConnectionServices(
    ConnectionOptions Options, ClientLimits Limits, PresenceOptions Presence, IceServers IceServers, TimeProvider Time, SignalingMetrics Metrics,
    IActorRef Mailboxes, IActorRef Directory, Capabilities Capabilities, IPeerAuthorizer? Authorizer, ILogger Log);
