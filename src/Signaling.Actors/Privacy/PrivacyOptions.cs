using System.ComponentModel.DataAnnotations;

namespace Signaling.Actors.Privacy;

/// <summary>What the log tells of people.</summary>
public sealed class PrivacyOptions
{
    /// <summary>How the ids of peers appear in the log.</summary>
    /// <value>Default <see cref="IdsInLog.Escaped"/>.</value>
    [EnumDataType(typeof(IdsInLog))] public IdsInLog LogIds { get; set; } = IdsInLog.Escaped;
}

/// <summary>How the ids of peers appear in the log.</summary>
public enum IdsInLog
{
    /// <summary>As they are, but for what would deceive a reader; long ones cut off.</summary>
    Escaped,

    /// <summary>As a hash that is the same as long as the process lives, and that nobody else can make.</summary>
    Hashed,
}
