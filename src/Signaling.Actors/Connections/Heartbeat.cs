using Signaling.Actors.Transport;

namespace Signaling.Actors.Connections;

/// <summary>When a client is pinged, and when it is given up (RFC 6455 §5.5.2). Any frame is a sign of life.</summary>
internal sealed class Heartbeat(IClientSocket socket, ConnectionOptions options, TimeProvider time)
{
    private long _pingedAt;

    /// <summary>Pings.</summary>
    /// <returns>After how long a sign of life is expected.</returns>
    public TimeSpan Ping()
    {
        _pingedAt = time.GetTimestamp();
        socket.Ping();
        return options.PongTimeout;
    }

    /// <summary>There was a sign of life since the last ping.</summary>
    /// <param name="nextPing">After how long to ping again.</param>
    public bool IsAlive(out TimeSpan nextPing)
    {
        var rest = options.PingInterval - options.PongTimeout;
        nextPing = rest > TimeSpan.Zero ? rest : TimeSpan.Zero;
        return socket.LastSignOfLife >= _pingedAt;
    }
}
