using System.Net.Sockets;

namespace Signaling.AspNetCore.Transport;

/// <summary>How reading and writing tell that a connection has ended: cut by either side, which is one way to end.</summary>
internal static class ConnectionEnd
{
    public static bool Is(Exception exception) => exception is IOException or SocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException;
}
