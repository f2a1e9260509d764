using System.Net;

namespace Signaling.Actors.Limits;

/// <summary>What the connections of one address use together. They take from it in parallel; all else is under <see cref="Admission"/>'s lock.</summary>
internal sealed class AddressUsage(IPAddress network)
{
    private MessageUsage _messages;

    public IPAddress Network { get; } = network;

    public int Connections { get; set; }

    /// <summary>It had no connection, and is remembered for what it had used.</summary>
    public bool IsRemembered { get; set; }

    /// <inheritdoc cref="MessageLimits.Take"/>
    public OverLimit? Message(MessageLimits limits, int bytes) => limits.Take(ref _messages, bytes);

    /// <summary>Whether anything would be forgotten with it.</summary>
    /// <param name="now">As <see cref="TimeProvider.GetTimestamp"/> counts.</param>
    public bool IsUsed(long now) => Interlocked.Read(ref _messages.Messages) > now || Interlocked.Read(ref _messages.Bytes) > now;
}
