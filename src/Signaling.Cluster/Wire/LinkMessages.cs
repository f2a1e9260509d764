namespace Signaling.Cluster.Wire;

/// <summary>Items from one node to another.</summary>
/// <param name="To">The receiving process; another at the same address ignores it.</param>
/// <param name="Number">Of the batch on this link, from 1, without gaps.</param>
/// <param name="Received">The sender has received every batch of the other direction up to this one.</param>
/// <param name="Items">As <see cref="ItemWriter"/> wrote them; empty where only <paramref name="Received"/> is to be said, and then <paramref name="Number"/> is 0.</param>
internal sealed record LinkBatch(int To, long Number, long Received, ReadOnlyMemory<byte> Items);
