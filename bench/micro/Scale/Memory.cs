using System.Diagnostics;

namespace Signaling.Bench.Micro.Scale;

/// <summary>What this process holds, in bytes.</summary>
/// <param name="Heap">Live objects.</param>
/// <param name="Resident">Everything.</param>
internal readonly record struct Memory(long Heap, long Resident)
{
    public static long PeakResident
    {
        get
        {
            using var process = Process.GetCurrentProcess();
            return process.PeakWorkingSet64;
        }
    }

    /// <summary>Collects all garbage and gives back what is free, so that what remains is needed.</summary>
    public static Memory Settle()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return new Memory(GC.GetTotalMemory(forceFullCollection: true), Environment.WorkingSet);
    }
}
