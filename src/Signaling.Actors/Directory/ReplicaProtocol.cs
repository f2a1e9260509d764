using Signaling.Actors.Messages;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Directory;

/// <summary>What the directories of a cluster tell each other of their peers, by way of <see cref="IRosterReplicas"/>.</summary>
/// <remarks>
/// A directory tells of what its own connections hold, and of nothing else. So each of the others ends up with the newest registration of a peer, in whatever order the words of several
/// nodes come: of an older epoch a word changes nothing, and whatever was told is taken back by who told it, or with its node.
/// </remarks>
internal static class ReplicaProtocol
{
    /// <summary>How a peer is, by the word of a node: of all that it says of a peer, the last counts.</summary>
    /// <param name="Peer">Whom it is about.</param>
    /// <param name="Epoch">Of its registration.</param>
    public abstract record PeerState(PeerId Peer, Epoch Epoch);

    /// <summary>It is on this node.</summary>
    /// <param name="Peer">It.</param>
    /// <param name="Epoch">Of its registration.</param>
    /// <param name="Device">Its device.</param>
    /// <param name="ConnectedAt">Since when, by the clock of its node, in Unix milliseconds.</param>
    public sealed record Here(PeerId Peer, Epoch Epoch, Device Device, long ConnectedAt) : PeerState(Peer, Epoch);

    /// <summary>It has left: this registration, and every older one, is over.</summary>
    /// <param name="Peer">It.</param>
    /// <param name="Epoch">Of its registration.</param>
    /// <param name="Grace">How long it has at least to come back before somebody is told.</param>
    public sealed record Gone(PeerId Peer, Epoch Epoch, TimeSpan Grace) : PeerState(Peer, Epoch);

    /// <summary>It is on another node, of which its successor's directory tells.</summary>
    public sealed record Replaced(PeerId Peer, Epoch Epoch) : PeerState(Peer, Epoch);

    /// <summary>To a directory: what another one told.</summary>
    /// <param name="Node">The other node, for as long as it is a member of the cluster; the same object each time.</param>
    /// <param name="Peers">In this order.</param>
    public sealed record Replicate(object Node, IReadOnlyList<PeerState> Peers);

    /// <summary>To a directory: whatever a node told is over. It has left the cluster, or its directory has begun anew.</summary>
    /// <param name="Node">Of <see cref="Replicate"/>.</param>
    /// <param name="Grace">How long its peers have at least to come back, anywhere, before somebody is told.</param>
    public sealed record Forget(object Node, TimeSpan Grace);

    /// <summary>To a directory: another one wants to know who is here; answered by <see cref="OwnPeers"/>.</summary>
    /// <param name="Node">Which.</param>
    public sealed record AskOwnPeers(object Node);

    /// <summary>Everybody who is here; what happens then follows.</summary>
    /// <param name="Node">Who asked.</param>
    /// <param name="Peers">Those of this node.</param>
    public sealed record OwnPeers(object Node, IReadOnlyList<Here> Peers);
}
