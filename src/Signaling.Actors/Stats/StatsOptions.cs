using System.ComponentModel.DataAnnotations;

namespace Signaling.Actors.Stats;

/// <summary>The statistics line.</summary>
public sealed class StatsOptions
{
    /// <summary>How often the <c>[Stats]</c> line is logged.</summary>
    /// <value>1 s to 1 day, default 5 min.</value>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")] public TimeSpan LogInterval { get; set; } = TimeSpan.FromMinutes(5);
}
