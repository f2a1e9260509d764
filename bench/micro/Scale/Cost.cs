using System.Diagnostics;

namespace Signaling.Bench.Micro.Scale;

/// <summary>What something took of this process.</summary>
/// <param name="Time">How long.</param>
/// <param name="Cpu">Of all its threads.</param>
/// <param name="Paused">In which garbage collection stopped them.</param>
internal sealed record Cost(TimeSpan Time, TimeSpan Cpu, TimeSpan Paused)
{
    public static async Task<Cost> OfAsync(Func<Task> work)
    {
        var (start, cpu, paused) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime, GC.GetTotalPauseDuration());
        await work();
        return new Cost(Stopwatch.GetElapsedTime(start), Environment.CpuUsage.TotalTime - cpu, GC.GetTotalPauseDuration() - paused);
    }

    /// <summary>CPU time of one of so many.</summary>
    public double MicrosecondsEach(int count) => Math.Round(Cpu.TotalMicroseconds / count, 2);
}
