using Signaling.Actors.Protocol;

namespace Signaling.Actors.Transport;

/// <summary>What a client's socket tells its connection actor, in the order it happens.</summary>
public static class SocketProtocol
{
    /// <summary>A whole message. The receiver calls <see cref="IClientSocket.Handled"/> when done.</summary>
    /// <param name="Buffer">The message, and what room there is behind it. It belongs to the receiver: a message is relayed in the buffer it came in.</param>
    /// <param name="Length">Of the message, in bytes.</param>
    public sealed record Received(Memory<byte> Buffer, int Length)
    {
        /// <summary>Room that makes a copy needless: for what the node adds (<c>from</c>) with most ids.</summary>
        public const int Room = 64;
    }

    /// <summary>The client broke a rule of the transport. Nothing more is read; the connection closes with <paramref name="Code"/>.</summary>
    public sealed record Violated(CloseCode Code, string Reason);

    /// <summary>The client sent a close frame: <see cref="IClientSocket.AnswerClose"/> it, once what the client said before is handled. Nothing more is read.</summary>
    public sealed record CloseReceived
    {
        /// <summary>There is only one.</summary>
        public static readonly CloseReceived Instance = new();
    }

    /// <summary>The client has more of the deliveries: <see cref="IClientSocket.Delivered"/> has risen.</summary>
    public sealed record Confirmed
    {
        /// <summary>There is only one.</summary>
        public static readonly Confirmed Instance = new();
    }

    /// <summary>After <see cref="IClientSocket.Close"/>: everything queued before it, and the close frame, is written.</summary>
    public sealed record Drained
    {
        /// <summary>There is only one.</summary>
        public static readonly Drained Instance = new();
    }

    /// <summary>The socket is gone; the last word.</summary>
    public sealed record Closed
    {
        /// <summary>There is only one.</summary>
        public static readonly Closed Instance = new();
    }
}
