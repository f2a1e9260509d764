using System.ComponentModel.DataAnnotations;

namespace Signaling.Actors.Presence;

/// <summary>Who is told when a peer comes or goes.</summary>
public sealed class PresenceOptions
{
    /// <summary>How long a peer must have been away before the others are told: clients hang up a running call on <c>offline</c>.</summary>
    /// <value>0 to 1 min, default 1 s.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")] public TimeSpan OfflineGrace { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Up to so many registered peers, a client that names no scope is told of everybody; beyond, of those it has to do with, since N joins would cost N² messages.
    /// Once beyond, everybody is told again when a tenth fewer are here.</summary>
    /// <value>0 to 1,000,000 peers, default 1,000.</value>
    [Range(0, 1_000_000)] public int BroadcastLimit { get; set; } = 1_000;

    /// <summary>Most peers that one connection is told of because it has to do with them; beyond, the first of them are forgotten.</summary>
    /// <value>1 to 100,000, default 256.</value>
    [Range(1, 100_000)] public int MaxRelated { get; set; } = 256;

    /// <summary>Most peers that one connection may watch.</summary>
    /// <value>1 to 100,000, default 1,000. Above it: <c>too-many-watched</c>.</value>
    [Range(1, 100_000)] public int MaxWatched { get; set; } = 1_000;
}
