using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Signaling.Actors.Connections;
using Signaling.Actors.Limits;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Presence;
using Signaling.Actors.Privacy;
using Signaling.Actors.Stats;
using Signaling.Actors.Turn;

namespace Signaling.Actors.Hosting;

/// <summary>Everything about signaling that an operator may change, one class per feature.</summary>
public class SignalingOptions
{
    /// <summary>The section of the configuration that is bound to this class.</summary>
    public const string Section = "Signaling";

    /// <summary>Limits and times of one connection.</summary>
    [ValidateObjectMembers] public ConnectionOptions Connection { get; set; } = new();

    /// <summary>How much one client may do.</summary>
    [ValidateObjectMembers] public LimitOptions Limits { get; set; } = new();

    /// <summary>What is kept for a peer that is away.</summary>
    [ValidateObjectMembers] public MailboxOptions Mailbox { get; set; } = new();

    /// <summary>Who is told when a peer comes or goes.</summary>
    [ValidateObjectMembers] public PresenceOptions Presence { get; set; } = new();

    /// <summary>Servers that help peers to reach each other.</summary>
    [ValidateObjectMembers] public TurnOptions Turn { get; set; } = new();

    /// <summary>What the log tells of people.</summary>
    [ValidateObjectMembers] public PrivacyOptions Privacy { get; set; } = new();

    /// <summary>The statistics line.</summary>
    [ValidateObjectMembers] public StatsOptions Stats { get; set; } = new();

    /// <summary>How the node goes.</summary>
    [ValidateObjectMembers] public ShutdownOptions Shutdown { get; set; } = new();
}

/// <summary>How the node goes.</summary>
public sealed class ShutdownOptions
{
    /// <summary>How long clients have to close after they were told; then they are cut.</summary>
    /// <value>1 s to 10 min, default 15 s.</value>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")] public TimeSpan GracePeriod { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Each client that can be told (<c>goaway</c>) is told to come back at a time of its own within this, so that they do not all come in the same instant. In a cluster each one is served
    /// until such a time, but no longer than half of <see cref="GracePeriod"/>, and then told to go to another node at once.</summary>
    /// <value>0 to 10 min, default 5 s.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")] public TimeSpan ReconnectWithin { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Less than the whole grace period, which the rest of the process's end needs too.</summary>
    internal TimeSpan DrainTimeout => GracePeriod * 0.9;

    /// <summary>So long clients leave one after the other where other nodes serve; the last one still has time to close.</summary>
    internal TimeSpan LeaveWithin => ReconnectWithin < GracePeriod / 2 ? ReconnectWithin : GracePeriod / 2;
}

/// <summary>Checks every range at start.</summary>
[OptionsValidator]
internal sealed partial class SignalingOptionsValidator : IValidateOptions<SignalingOptions>;
