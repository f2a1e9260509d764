using System.ComponentModel.DataAnnotations;

namespace Signaling.Actors.Mailboxes;

/// <summary>What is kept for a peer that is away.</summary>
public sealed class MailboxOptions
{
    /// <summary>Most messages taken in for one peer while it is away. Each one beyond displaces one, the oldest of whichever sender has most there.</summary>
    /// <value>1 to 10,000, default 100. What was accepted while the peer was here and comes back from its connection is kept whole, whatever its number
    /// (<see cref="MaxPendingBytes"/> bounds it); where it is more than this, a newer message displaces one of it likewise, never more.</value>
    [Range(1, 10_000)] public int Capacity { get; set; } = 100;

    /// <summary>How long a message is kept.</summary>
    /// <value>1 s to 30 days, default 24 h.</value>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")] public TimeSpan TimeToLive { get; set; } = TimeSpan.FromHours(24);

    /// <summary>Most bytes kept for one peer that is away.</summary>
    /// <value>64 KiB to 1 GiB, default 16 MiB. Above it, also through what came back from a connection: <c>mailbox-quota</c>.</value>
    [Range(65_536, 1_073_741_824)] public long MaxBytes { get; set; } = 16_777_216;

    /// <summary>Most bytes kept for all peers together.</summary>
    /// <value>1 MiB to 1 TiB, default 4 GiB. Above it: <c>mailbox-quota</c>.</value>
    [Range(1_048_576, 1_099_511_627_776)] public long MaxTotalBytes { get; set; } = 4_294_967_296;

    /// <summary>Most mailboxes of peers that are away that one sender may begin to fill in a minute.</summary>
    /// <value>1 to 1,000,000, default 300. Above it: <c>mailbox-quota</c>.</value>
    [Range(1, 1_000_000)] public int MaxOpenedPerMinute { get; set; } = 300;

    /// <summary>How long a mailbox whose peer is away stays in memory after its last message; the store keeps it.</summary>
    /// <value>1 s to 1 h, default 1 min.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")] public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Most bytes that wait for a peer which is here but reads too slowly.</summary>
    /// <value>1 MiB to 1 GiB, default 4 MiB, beside what waited when it came; a message counts 256 bytes more than it has, which is about what it takes. Above it the
    /// peer's connection is closed with 1013 and what waits is kept in its mailbox, all of it; at twice as much (while that takes effect) senders get
    /// <c>recipient-busy</c>, and so they do where <see cref="MaxBytes"/> and twice this wait in all.</value>
    [Range(1_048_576, 1_073_741_824)] public long MaxPendingBytes { get; set; } = 4_194_304;

    /// <summary>How long a replaced connection may take to write out what it was handed, before that is delivered again to the new one.</summary>
    /// <value>0 to 10 s, default 1 s.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10")] public TimeSpan TakeoverTimeout { get; set; } = TimeSpan.FromSeconds(1);
}
