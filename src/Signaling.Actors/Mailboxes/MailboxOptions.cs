using System.ComponentModel.DataAnnotations;

namespace Signaling.Actors.Mailboxes;

/// <summary>What is kept for a peer that is away.</summary>
public sealed class MailboxOptions
{
    /// <summary>Most messages kept for one peer; the oldest goes first.</summary>
    /// <value>1 to 10,000, default 100.</value>
    [Range(1, 10_000)] public int Capacity { get; set; } = 100;

    /// <summary>How long a message is kept.</summary>
    /// <value>1 s to 30 days, default 24 h.</value>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")] public TimeSpan TimeToLive { get; set; } = TimeSpan.FromHours(24);

    /// <summary>Most bytes that wait for a peer which is here but reads too slowly.</summary>
    /// <value>1 MiB to 1 GiB, default 4 MiB, beside what waited when it came. Above it the peer's connection is closed with 1013 and what waits is kept in its mailbox;
    /// at twice as much (while that takes effect) senders get <c>recipient-busy</c>.</value>
    [Range(1_048_576, 1_073_741_824)] public long MaxPendingBytes { get; set; } = 4_194_304;

    /// <summary>How long a replaced connection may take to write out what it was handed, before that is delivered again to the new one.</summary>
    /// <value>0 to 10 s, default 1 s.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10")] public TimeSpan TakeoverTimeout { get; set; } = TimeSpan.FromSeconds(1);
}
