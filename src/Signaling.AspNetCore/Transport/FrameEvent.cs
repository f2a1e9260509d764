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
/// <param name="Kind">What it is.</param>
/// <param name="Buffer">Where its payload lies, at the beginning; behind a message there is room.</param>
/// <param name="Length">Of the payload, in bytes.</param>
/// <param name="Code">Of a violation.</param>
/// <param name="Reason">Of a violation.</param>
internal readonly record struct FrameEvent(FrameEventKind Kind, Memory<byte> Buffer = default, int Length = 0, CloseCode Code = default, string Reason = "")
{
    public ReadOnlyMemory<byte> Payload => Buffer[..Length];

    public static FrameEvent Violation(CloseCode code, string reason) => new(FrameEventKind.Violation, Code: code, Reason: reason);
}
