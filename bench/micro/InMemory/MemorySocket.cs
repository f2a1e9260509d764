using System.Text;
using Akka.Actor;
using Signaling.Actors.Protocol;
using Signaling.Actors.Transport;

namespace Signaling.Bench.Micro.InMemory;

/// <summary>A client in memory: it takes what it is sent at once, allocates nothing for it, and answers every ping at once.</summary>
/// <remarks>As a transport, it looks for presence whenever it writes.</remarks>
internal class MemorySocket : IClientSocket
{
    private IActorRef _connection = ActorRefs.Nobody;
    private IPresenceReader? _presence;
    private int _isReading;

    public long Delivered { get; private set; }

    public long QueuedBytes => 0;

    public long LastSignOfLife => long.MaxValue;

    /// <summary>Number of the last delivery.</summary>
    private long Last { get; set; }

    public void Start(IActorRef connection)
    {
        _connection = connection;
        OnStarted();
    }

    public void Handled(int bytes)
    {
    }

    public void Pause()
    {
    }

    public void Resume()
    {
    }

    public void Send(ReadOnlyMemory<byte> utf8, ReadOnlyMemory<byte> rest = default)
    {
        OnSent(utf8.Span);
        PresenceWaits();
    }

    public long Deliver(ReadOnlyMemory<byte> utf8)
    {
        var number = ++Last;
        PresenceWaits();
        OnDelivered(utf8.Span);
        return number;
    }

    public void Follow(IPresenceReader? presence)
    {
        Volatile.Write(ref _presence, presence);
        PresenceWaits();
    }

    public void PresenceWaits()
    {
        // The directory and the connection tell it of news, and one of them reads.
        while (Volatile.Read(ref _presence) is { HasNews: true } presence && Interlocked.Exchange(ref _isReading, 1) == 0)
        {
            while (presence.TryRead(out _)) OnTold();
            Volatile.Write(ref _isReading, 0);
        }
    }

    public void Ping() => PresenceWaits();

    public void Confirm()
    {
        if (Delivered == Last) return;
        Delivered = Last;
        _connection.Tell(SocketProtocol.Confirmed.Instance);
    }

    public void Close(CloseCode code, string reason)
    {
        Confirm();
        _connection.Tell(SocketProtocol.Drained.Instance);
        _connection.Tell(SocketProtocol.Closed.Instance);
    }

    public void CloseNow(CloseCode code, string reason) => Close(code, reason);

    public void AnswerClose() => Close(default, "");

    public void Abort() => _connection.Tell(SocketProtocol.Closed.Instance);

    /// <summary>The client says something. It comes in a buffer of its own, as from the network.</summary>
    public void Says(byte[] utf8) => _connection.Tell(new SocketProtocol.Received(Samples.WithRoom(utf8), utf8.Length));

    /// <summary>The client registers, in the default scope of presence.</summary>
    public void Register(string peer) => Says(Encoding.UTF8.GetBytes($$"""{"type":"register","peerId":"{{peer}}"}"""));

    protected static bool IsRegistered(ReadOnlySpan<byte> utf8) => utf8.StartsWith("{\"type\":\"registered\""u8);

    /// <summary>Its connection actor runs.</summary>
    protected virtual void OnStarted()
    {
    }

    /// <summary>The node itself said something.</summary>
    protected virtual void OnSent(ReadOnlySpan<byte> utf8)
    {
    }

    /// <summary>A mailbox's message came.</summary>
    protected virtual void OnDelivered(ReadOnlySpan<byte> utf8)
    {
    }

    /// <summary>It was told that somebody came or went.</summary>
    protected virtual void OnTold()
    {
    }
}
