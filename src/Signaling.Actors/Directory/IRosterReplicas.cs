using Akka.Actor;

namespace Signaling.Actors.Directory;

/// <summary>The other nodes of a cluster, each of whose directories knows all peers of all nodes.</summary>
internal interface IRosterReplicas
{
    /// <summary>Another node is a member of the cluster.</summary>
    bool HasOthers { get; }

    /// <summary>Starts with a directory that knows of nobody yet; where it fails, so does that. The directory is told <see cref="ReplicaProtocol.Replicate"/>,
    /// <see cref="ReplicaProtocol.Forget"/> and <see cref="ReplicaProtocol.AskOwnPeers"/>.</summary>
    /// <param name="directory">The directory's.</param>
    /// <returns>Takes every <see cref="ReplicaProtocol.PeerState"/> of this node, and <see cref="ReplicaProtocol.OwnPeers"/>.</returns>
    IActorRef Start(IActorContext directory);
}
