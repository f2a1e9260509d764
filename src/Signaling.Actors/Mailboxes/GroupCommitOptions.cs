namespace Signaling.Actors.Mailboxes;

/// <summary>Bounds of a <see cref="GroupCommitMailboxStore"/>.</summary>
public sealed record GroupCommitOptions
{
    /// <summary>How long a caller waits for an answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Most calls under way at a time; one more is refused at once.</summary>
    public int MaxCalls { get; init; } = 10_000;

    /// <summary>Most bytes of messages on their way to the database.</summary>
    public long MaxBytes { get; init; } = 67_108_864;
}
