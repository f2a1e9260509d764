namespace Signaling.Bench.Micro.Scale;

/// <summary>What so many peers cost, without a transport. A peer's bytes are those of its actors, its place in the directory, and its socket in memory, which has about 100.</summary>
/// <param name="Peers">How many are registered.</param>
/// <param name="ConnPerS">Registrations a second, so many at once.</param>
/// <param name="Told">How many <c>peer-status</c> they were sent meanwhile: up to the broadcast limit everybody is told of everybody.</param>
/// <param name="HeapPerPeerB">Live bytes of a peer that has registered and is silent.</param>
/// <param name="RssPerPeerB">The same, of the process's resident memory once the heap was compacted.</param>
/// <param name="HeapPerPairedPeerB">Live bytes of a peer that has exchanged messages with one other.</param>
/// <param name="RssPeakMb">Most resident memory of the process at any time.</param>
/// <param name="MsgPerS">Relayed messages a second, between the two of a pair.</param>
/// <param name="CpuSPerM">CPU seconds of a million of them.</param>
/// <param name="FirstCpuSPerM">The same of each one's first: both connections tell the directory that they have to do with each other.</param>
/// <param name="GcPausePct">Share of that time in which garbage collection stopped everything.</param>
/// <param name="JoinCpuUs">CPU time of one further registration.</param>
/// <param name="JoinTold">How many <c>peer-status</c> it sends.</param>
internal sealed record ScaleResult(
    int Peers, double ConnPerS, long Told, double HeapPerPeerB, double RssPerPeerB, double HeapPerPairedPeerB, double RssPeakMb,
    double MsgPerS, double CpuSPerM, double FirstCpuSPerM, double GcPausePct, double JoinCpuUs, double JoinTold);
