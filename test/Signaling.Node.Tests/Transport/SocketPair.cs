using System.Net;
using System.Net.Sockets;

namespace Signaling.Node.Tests.Transport;

/// <summary>Both ends of a TCP connection on loopback; the server's does not block.</summary>
internal sealed class SocketPair : IDisposable
{
    public SocketPair()
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        Client.Connect(listener.LocalEndPoint!);
        Server = listener.Accept();
        Server.Blocking = false;
    }

    public Socket Client { get; } = new(SocketType.Stream, ProtocolType.Tcp);

    public Socket Server { get; }

    /// <summary>So many bytes, always the same.</summary>
    public static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }

    public void Dispose()
    {
        Client.Dispose();
        Server.Dispose();
    }
}
