using Signaling.Actors.Transport;

namespace Signaling.Actors.Connections;

/// <summary>Whether a client that is pinged gives a sign of life (RFC 6455 §5.5.2). Any frame is one.</summary>
internal sealed class Heartbeat(IClientSocket socket, TimeProvider time)
{
    /// <summary>The first ping that no sign of life has followed; else the last one.</summary>
    private long _pingedAt;

    /// <summary>Nothing came since a ping.</summary>
    public bool IsSilent => socket.LastSignOfLife < _pingedAt;

    /// <summary>Pings.</summary>
    /// <returns>Whether the client's time to answer begins with this ping: it was not silent before.</returns>
    public bool Ping()
    {
        var begins = !IsSilent;
        if (begins) _pingedAt = time.GetTimestamp();
        socket.Ping();
        return begins;
    }
}
