using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace Signaling.AspNetCore.Transport;

/// <summary>Accepts clients for Kestrel with <see cref="SocketConnection"/>s in place of its own transport, which reads each socket in a loop of its own, copies what it read and wrote
/// once more, and wakes a thread for each step.</summary>
internal sealed class SocketListener(Socket listening, SocketTransportOptions options) : IConnectionListener
{
    public EndPoint EndPoint { get; } = listening.LocalEndPoint!;

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            Socket? client = null;
            try
            {
                client = await listening.AcceptAsync(cancellationToken);
                if (client.LocalEndPoint is IPEndPoint) client.NoDelay = options.NoDelay;
                return new SocketConnection(client);
            }
            catch (Exception end) when (SocketEnd.Of(end) is ConnectionAbortedException) // the listener's, by us
            {
                return null;
            }
            catch (SocketException)                                 // it was reset meanwhile
            {
                client?.Dispose();
            }
        }
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        listening.Dispose();
        return default;
    }

    public ValueTask DisposeAsync() => UnbindAsync();

    /// <summary>What Kestrel asks for it.</summary>
    internal sealed class Factory(IOptions<SocketTransportOptions> options) : IConnectionListenerFactory
    {
        public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
        {
            var listening = Bind(endpoint);
            listening.Listen(options.Value.Backlog);
            return ValueTask.FromResult<IConnectionListener>(new SocketListener(listening, options.Value));
        }

        /// <exception cref="AddressInUseException">Somebody else listens there.</exception>
        private Socket Bind(EndPoint endpoint)
        {
            try
            {
                return options.Value.CreateBoundListenSocket(endpoint);
            }
            catch (SocketException failure) when (failure.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                throw new AddressInUseException(failure.Message, failure);
            }
        }
    }
}
