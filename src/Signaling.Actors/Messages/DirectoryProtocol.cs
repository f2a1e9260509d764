using Akka.Actor;
using Signaling.Actors.Auth;
using Signaling.Actors.Limits;
using Signaling.Actors.Protocol;
using Signaling.Actors.Transport;

namespace Signaling.Actors.Messages;

/// <summary>What is said to, and by, the peer directory.</summary>
public static class DirectoryProtocol
{
    /// <summary>A client's WebSocket is open: give it a connection actor, which starts it.</summary>
    /// <param name="Socket">It.</param>
    /// <param name="Origin">What is known of the client.</param>
    /// <param name="Place">The client's; without, nothing of its address is counted.</param>
    public sealed record Connect(IClientSocket Socket, ClientOrigin Origin, ClientPlace? Place = null);

    /// <summary>From the connection, before its client is told: the peer is here, on <paramref name="Connection"/>. Of an older epoch it changes nothing.</summary>
    public sealed record PeerOnline(PeerId Peer, Epoch Epoch, IActorRef Connection, Device Device);

    /// <summary>From the connection: it holds the id no more. Of an older epoch it changes nothing.</summary>
    /// <param name="Peer">The id.</param>
    /// <param name="Epoch">Of the registration that is over.</param>
    /// <param name="IsReplaced">Another connection took the id over; its <see cref="PeerOnline"/> may have come already, or is on its way.</param>
    public sealed record PeerOffline(PeerId Peer, Epoch Epoch, bool IsReplaced = false);

    /// <summary>Who is online; answered by <see cref="Answer"/> with a <c>peers-list</c>.</summary>
    /// <param name="Except">Not these.</param>
    /// <param name="Page">Which part of the list; null for the whole.</param>
    /// <param name="Reach">Whom the client may see; null: everybody.</param>
    public sealed record ListPeers(IReadOnlyCollection<PeerId> Except, PeersPage? Page, PeerPatterns? Reach = null);

    /// <summary>Is this peer online; answered by <see cref="Answer"/> with a <c>peer-status-response</c>.</summary>
    public sealed record AskStatus(PeerId Peer);

    /// <summary>The frame that answers a client's question.</summary>
    /// <param name="Json">All of it, or its beginning.</param>
    /// <param name="Rest">What follows: answers may share the same bytes but for a part in the middle.</param>
    public sealed record Answer(ReadOnlyMemory<byte> Json, ReadOnlyMemory<byte> Rest = default);

    /// <summary>The frames that answer a client's question; there may be none.</summary>
    public sealed record Answers(IReadOnlyList<ReadOnlyMemory<byte>> Frames);

    /// <summary>The node goes: tell every client, close every socket, then stop.</summary>
    /// <param name="ReconnectWithin">Clients that can be told are told to come back at some time within this.</param>
    /// <param name="LeaveWithin">Where other nodes serve, clients leave one after the other within this, each to come back there at once.</param>
    public sealed record Drain(TimeSpan ReconnectWithin, TimeSpan LeaveWithin);
}
