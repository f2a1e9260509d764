using System.Text;
using System.Text.Json;
using Akka.Actor;
using Signaling.Actors.Protocol;
using Signaling.Actors.Transport;

namespace Signaling.Actors.Tests.Testing;

/// <summary>A client that lives in the test: it speaks and is spoken to at once.</summary>
internal sealed class InMemorySocket(TimeProvider time, Action settle) : IClientSocket
{
    private readonly List<(long Number, string Text)> _queued = [];
    private IActorRef _connection = ActorRefs.Nobody;
    private long _lastNumber;

    /// <summary>Whether what is sent is written out at once; else with <see cref="WriteOut"/>.</summary>
    public bool IsWritable { get; init; } = true;

    /// <summary>What the client has received.</summary>
    public List<string> Received { get; } = [];

    public Dictionary<string, string> Presence { get; } = [];

    /// <summary>Who came and who went, such as <c>bob online</c>, in the order it was told.</summary>
    public List<string> PresenceLog { get; } = [];

    public (CloseCode Code, string Reason)? CloseFrame { get; private set; }

    public bool IsGone { get; private set; }

    public int Pings { get; private set; }

    public int HandledBytes { get; private set; }

    public long Written { get; private set; }

    public long QueuedBytes => _queued.Sum(message => message.Text.Length);

    /// <summary>Answers every ping.</summary>
    public bool ShowsLifeAlways { get; set; }

    public long LastSignOfLife { get; private set; } = time.GetTimestamp();

    /// <summary>Fails with this in the next <see cref="Send"/>.</summary>
    public Exception? Fault { get; set; }

    public IEnumerable<string> Types => Received.Select(Type);

    public static string Type(string json) => JsonDocument.Parse(json).RootElement.GetProperty("type").GetString()!;

    public void Start(IActorRef connection) => _connection = connection;

    public void Handled(int bytes) => HandledBytes += bytes;

    public long Send(ReadOnlyMemory<byte> utf8)
    {
        if (Fault is { } fault) throw fault;
        _lastNumber++;
        if (CloseFrame is null) _queued.Add((_lastNumber, Encoding.UTF8.GetString(utf8.Span)));
        if (IsWritable) WriteOut(int.MaxValue);
        return _lastNumber;
    }

    public void SendPresence(PeerId peer, ReadOnlyMemory<byte> utf8)
    {
        if (CloseFrame is not null) return;
        var json = Encoding.UTF8.GetString(utf8.Span);
        Presence[peer.Value] = json;
        PresenceLog.Add($"{peer} {JsonDocument.Parse(json).RootElement.GetProperty("status")}");
    }

    public void Ping()
    {
        Pings++;
        if (ShowsLifeAlways) ShowLife();
    }

    public void Close(CloseCode code, string reason)
    {
        if (CloseFrame is not null) return;
        if (IsWritable) WriteOut(int.MaxValue);
        CloseFrame = (code, reason);
        if (IsWritable && _queued.Count == 0) Tells(SocketProtocol.Drained.Instance);
    }

    public void CloseNow(CloseCode code, string reason)
    {
        _queued.Clear();
        Close(code, reason);
    }

    public void Abort() => Vanish();

    /// <summary>Writes the next messages to the client.</summary>
    public void WriteOut(int count)
    {
        foreach (var (number, text) in _queued.Take(count).ToArray())
        {
            Received.Add(text);
            Written = number;
            _queued.RemoveAt(0);
        }
        if (CloseFrame is not null && _queued.Count == 0) Tells(SocketProtocol.Drained.Instance);
    }

    /// <summary>The client says something.</summary>
    public void Says(string json)
    {
        ShowLife();
        Tells(new SocketProtocol.Received(Encoding.UTF8.GetBytes(json)));
    }

    public void ShowLife() => LastSignOfLife = time.GetTimestamp();

    public void Violates(CloseCode code) => Tells(new SocketProtocol.Violated(code, "a rule"));

    /// <summary>The connection ends, with what was queued lost.</summary>
    public void Vanish()
    {
        if (IsGone) return;
        IsGone = true;
        _queued.Clear();
        Tells(SocketProtocol.Closed.Instance);
    }

    private void Tells(object message)
    {
        _connection.Tell(message);
        settle();
    }
}
