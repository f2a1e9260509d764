using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Signaling.AspNetCore.Transport;

/// <summary>How a socket tells that its connection has ended.</summary>
internal static class SocketEnd
{
    /// <returns>What readers of a connection expect to be told, as by Kestrel's own transport; null where the failure is another.</returns>
    public static Exception? Of(Exception failure) => failure switch
    {
        ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted } => new ConnectionAbortedException("The connection was cut.", failure),
        SocketException => new ConnectionResetException(failure.Message, failure),
        _ => null,
    };
}
