namespace Signaling.Cluster.Hosting;

/// <summary>What all nodes can ask beside each other, whether or not they reach each other: the store that they share. Without it, a node that is started anew while a partition
/// keeps it from the others could not know that they are there, and would begin a cluster of its own.</summary>
public interface IClusterWitness
{
    /// <summary>This node is a member of a cluster; said every few seconds.</summary>
    /// <exception cref="Exception">It could not be said; it is tried again.</exception>
    Task SayMemberAsync();

    /// <summary>Whether any other node has said so in the last 15 seconds.</summary>
    /// <exception cref="Exception">Nobody can tell now; it is asked again.</exception>
    Task<bool> SeesMembersAsync();
}
