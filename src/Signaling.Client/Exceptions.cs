using System.Net.WebSockets;

namespace Signaling.Client;

/// <summary>Something that the node does not do, or the end of a <see cref="SignalingClient"/>.</summary>
public class SignalingException : Exception
{
    /// <param name="code">See <see cref="Code"/>.</param>
    /// <param name="message">A sentence for developers.</param>
    /// <param name="innerException">What led to it.</param>
    public SignalingException(string code, string message, Exception? innerException = null) : base(message, innerException) => Code = code;

    /// <summary>For programs: one of the codes of the protocol's "Errors", or one of this client's own, such as <c>outbox-full</c>.</summary>
    public string Code { get; }

    /// <summary>How long until the node would accept it.</summary>
    public TimeSpan? RetryAfter { get; init; }
}

/// <summary>Another connection registered this client's peer id. The client has ended, and does not connect again by itself.</summary>
public sealed class ReplacedException() : SignalingException("replaced", "Another connection registered this peer id.");

/// <summary>The node does not let this client have its peer id, or not any longer. The client has ended.</summary>
/// <param name="code"><c>unauthorized</c>, <c>auth-required</c> or <c>auth-expired</c>.</param>
/// <param name="message">A sentence for developers.</param>
public sealed class UnauthorizedException(string code, string message) : SignalingException(code, message);

/// <summary>The node closed the connection with a code that forbids to connect again unchanged. The client has ended.</summary>
/// <param name="status">The close code.</param>
/// <param name="reason">The close frame's reason.</param>
public sealed class ConnectionRefusedException(WebSocketCloseStatus status, string? reason) : SignalingException("closed", $"The node closed the connection with {(int)status} {reason}".TrimEnd() + ".")
{
    /// <summary>The close code.</summary>
    public WebSocketCloseStatus Status => status;
}

/// <summary><see cref="SignalingClientOptions.OutboxCapacity"/> messages wait already; this one was not taken.</summary>
/// <param name="capacity">How many.</param>
public sealed class OutboxFullException(int capacity) : SignalingException("outbox-full", $"{capacity} messages wait already.");
