namespace Signaling.Actors.Messages;

/// <summary>What is said to a connection, besides what its socket (<see cref="Transport.SocketProtocol"/>) and the mailboxes of its ids say.</summary>
public static class ConnectionProtocol
{
    /// <summary>From the directory: the node goes; say so, and close.</summary>
    public sealed record GoAway
    {
        /// <summary>There is only one.</summary>
        public static readonly GoAway Instance = new();
    }
}
