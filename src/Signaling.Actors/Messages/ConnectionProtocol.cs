namespace Signaling.Actors.Messages;

/// <summary>What is said to a connection, besides what its socket (<see cref="Transport.SocketProtocol"/>) and the mailboxes of its ids say.</summary>
public static class ConnectionProtocol
{
    /// <summary>From the directory: the node goes; say so, and close.</summary>
    /// <param name="ReconnectWithin">Clients that can be told are told to come back at some time within this.</param>
    /// <param name="LeaveWithin">Where another node takes them at once: until some time within this they are served here. Zero where there is none.</param>
    public sealed record GoAway(TimeSpan ReconnectWithin, TimeSpan LeaveWithin);
}
