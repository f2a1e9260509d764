using Akka.Actor;
using Signaling.Actors.Messages;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Directory;

/// <summary>One peer that is online. There may be millions: what can be written when it is asked for is not kept.</summary>
/// <param name="Peer">Its id.</param>
/// <param name="Epoch">Of its registration.</param>
/// <param name="Holder">Its connection on this node; or the other node (<see cref="ReplicaProtocol.Replicate"/>) that tells of it.</param>
/// <param name="Device">What it says of its device.</param>
/// <param name="ConnectedAt">Since when, in Unix milliseconds.</param>
internal sealed record RosterEntry(PeerId Peer, Epoch Epoch, object Holder, Device Device, long ConnectedAt)
{
    /// <summary>Its connection is on this node.</summary>
    public bool IsOwn => Holder is IActorRef;

    /// <summary>Its entry of a list.</summary>
    public byte[] Json => FrameWriter.PeerEntry(Peer, Device, ConnectedAt);
}
