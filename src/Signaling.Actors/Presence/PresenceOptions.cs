using System.ComponentModel.DataAnnotations;

namespace Signaling.Actors.Presence;

/// <summary>Who is told when a peer comes or goes.</summary>
public sealed class PresenceOptions
{
    /// <summary>How long a peer must have been away before the others are told: clients hang up a running call on <c>offline</c>.</summary>
    /// <value>0 to 1 min, default 1 s.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")] public TimeSpan OfflineGrace { get; set; } = TimeSpan.FromSeconds(1);
}
