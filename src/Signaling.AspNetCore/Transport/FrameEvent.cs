using Signaling.Actors.Protocol;

namespace Signaling.AspNetCore.Transport;

internal enum FrameEventKind
{
    /// <summary>A whole message; its bytes belong to whoever reads the event.</summary>
    Message,

    /// <summary>A ping; <see cref="FrameEvent.Payload"/> goes into the pong. It is valid until the next read.</summary>
    Ping,

    /// <summary>A pong; its payload is valid until the next read.</summary>
    Pong,

    /// <summary>The client closes; <see cref="FrameEvent.Payload"/> is the code to answer with, two bytes or none.</summary>
    Close,

    /// <summary>The client broke a rule; nothing more can be read.</summary>
    Violation,
}

/// <summary>What a client's bytes amount to.</summary>
internal readonly record struct FrameEvent(FrameEventKind Kind, ReadOnlyMemory<byte> Payload = default, CloseCode Code = default, string Reason = "")
{
    public static FrameEvent Violation(CloseCode code, string reason) => new(FrameEventKind.Violation, Code: code, Reason: reason);
}
