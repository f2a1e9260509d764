namespace Signaling.Bench.Micro.Cluster;

/// <summary>What so many peers cost over several nodes in one process, without a transport.</summary>
/// <param name="Nodes">How many nodes.</param>
/// <param name="Peers">How many are registered, spread evenly.</param>
/// <param name="ConnPerS">Registrations a second, so many at once.</param>
/// <param name="JoinCpuUs">CPU time of one of them, on all nodes together.</param>
/// <param name="KnownAfterMs">So long after the last one every node's list had all of them.</param>
/// <param name="HeapPerPeerB">Live bytes of a peer, on all nodes together: its actors, and its place in the list of each node.</param>
/// <param name="MsgPerS">Relayed messages a second between peers at random.</param>
/// <param name="CpuSPerM">CPU seconds of a million of them.</param>
/// <param name="PresenceP50Ms">From a registration on one node until a watcher on another is told.</param>
/// <param name="PresenceP99Ms">The same.</param>
/// <param name="PageMs">Of a page of 100 of the list, at the most.</param>
/// <param name="JoinedShards">Shards that moved to one node more; 0 where none joined.</param>
/// <param name="JoinedS">How long that took, from when it was a member.</param>
/// <param name="MovedLatencyMaxMs">Longest way of a message meanwhile, of 200 a second.</param>
/// <param name="LeftS">How long that node took to leave again.</param>
/// <param name="Lost">Messages that did not arrive in all this.</param>
/// <param name="RssPeakMb">Most resident memory of the process.</param>
internal sealed record ClusterResult(
    int Nodes, int Peers, double ConnPerS, double JoinCpuUs, double KnownAfterMs, double HeapPerPeerB, double MsgPerS, double CpuSPerM,
    double PresenceP50Ms, double PresenceP99Ms, double PageMs, int JoinedShards, double JoinedS, double MovedLatencyMaxMs, double LeftS, int Lost, double RssPeakMb);
