using System.Text;
using System.Text.Json;
using Akka.Actor;
using Signaling.Actors.Protocol;
using Signaling.Actors.Transport;
using Signaling.Bench.Micro.InMemory;

namespace Signaling.Actors.Tests.Testing;

/// <summary>A client that lives in the test: it speaks and is spoken to at once.</summary>
internal sealed class InMemorySocket(TimeProvider time, Action settle) : IClientSocket
{
    private readonly List<(long Number, string Text)> _queued = [];
    private IActorRef _connection = ActorRefs.Nobody;
    private IPresenceReader? _presence;
    private CloseCode _closeReceived;
    private long _lastNumber;
    private long _asked;
    private long _written;

    /// <summary>Whether what is sent is written out at once; else with <see cref="WriteOut"/>.</summary>
    public bool IsWritable { get; init; } = true;

    /// <summary>What the client has received.</summary>
    public List<string> Received { get; } = [];

    /// <summary>Is told of everything that the client receives, at once.</summary>
    public Action<string>? OnReceived { get; init; }

    /// <summary>The last presence of each peer.</summary>
    public Dictionary<string, string> Presence { get; } = [];

    /// <summary>Whether presence is read as soon as there is any.</summary>
    public bool ReadsPresence { get; set; } = true;

    /// <summary>Who came and who went, such as <c>bob online</c>, in the order it was told.</summary>
    public List<string> PresenceLog { get; } = [];

    public (CloseCode Code, string Reason)? CloseFrame { get; private set; }

    public bool IsGone { get; private set; }

    public int Pings { get; private set; }

    public int HandledBytes { get; private set; }

    public bool IsPaused { get; private set; }

    public long Delivered { get => FailsAtTheEnd ? throw Fault! : field; private set; }

    /// <summary>Whether the client, which has what was written out, answers when it is asked to confirm.</summary>
    public bool Confirms { get; set; } = true;

    public long QueuedBytes => _queued.Sum(message => message.Text.Length);

    /// <summary>Answers every ping.</summary>
    public bool ShowsLifeAlways { get; set; }

    public long LastSignOfLife { get; private set; } = time.GetTimestamp();

    /// <summary>Fails with this in the next <see cref="Send"/> or <see cref="Deliver"/>.</summary>
    public Exception? Fault { get; set; }

    /// <summary>Fails even when it is asked what was delivered.</summary>
    public bool FailsAtTheEnd { get; set; }

    public IEnumerable<string> Types => Received.Select(Type);

    public static string Type(string json) => JsonDocument.Parse(json).RootElement.GetProperty("type").GetString()!;

    public void Start(IActorRef connection) => _connection = connection;

    public void Handled(int bytes) => HandledBytes += bytes;

    public void Pause() => IsPaused = true;

    public void Resume() => IsPaused = false;

    public void Send(ReadOnlyMemory<byte> utf8, ReadOnlyMemory<byte> rest = default) => Queue(0, (byte[])[.. utf8.Span, .. rest.Span]);

    public long Deliver(ReadOnlyMemory<byte> utf8)
    {
        Queue(++_lastNumber, utf8);
        return _lastNumber;
    }

    public void Follow(IPresenceReader? presence)
    {
        _presence = presence;
        PresenceWaits();
    }

    public void PresenceWaits()
    {
        while (ReadsPresence && CloseFrame is null && _presence is not null && _presence.TryRead(out var json))
        {
            var text = Encoding.UTF8.GetString(json.Span);
            var presence = JsonDocument.Parse(text).RootElement;
            var peer = presence.GetProperty("peerId").GetString()!;
            Presence[peer] = text;
            PresenceLog.Add($"{peer} {presence.GetProperty("status")}");
        }
    }

    public void Ping()
    {
        Pings++;
        if (ShowsLifeAlways) ShowLife();
    }

    public void Confirm()
    {
        if (_asked > Delivered) return;
        _asked = _lastNumber;
        AnswerConfirm();
    }

    public void Close(CloseCode code, string reason)
    {
        if (CloseFrame is not null) return;
        _asked = _lastNumber;
        if (IsWritable) WriteOut(int.MaxValue);
        AnswerConfirm();
        CloseFrame = (code, reason);
        if (IsWritable && _queued.Count == 0) Tells(SocketProtocol.Drained.Instance);
    }

    public void CloseNow(CloseCode code, string reason)
    {
        _queued.RemoveAll(message => message.Number > 0);
        Close(code, reason);
    }

    public void AnswerClose() => CloseNow(_closeReceived, "");

    public void Abort() => Vanish();

    /// <summary>Writes the next messages to the client.</summary>
    public void WriteOut(int count)
    {
        foreach (var (number, text) in _queued.Take(count).ToArray())
        {
            Received.Add(text);
            OnReceived?.Invoke(text);
            if (number > 0) _written = number;
            _queued.RemoveAt(0);
        }
        AnswerConfirm();
        if (CloseFrame is not null && _queued.Count == 0) Tells(SocketProtocol.Drained.Instance);
    }

    /// <summary>The client says something.</summary>
    public void Says(string json)
    {
        ShowLife();
        var utf8 = Encoding.UTF8.GetBytes(json);
        Tells(new SocketProtocol.Received(Samples.WithRoom(utf8), utf8.Length));
    }

    /// <summary>The client closes.</summary>
    public void Closes(CloseCode code)
    {
        _closeReceived = code;
        Tells(SocketProtocol.CloseReceived.Instance);
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

    private void AnswerConfirm()
    {
        if (!Confirms || IsGone || _asked <= Delivered || _written < _asked) return;
        Delivered = _asked;
        Tells(SocketProtocol.Confirmed.Instance);
    }

    private void Queue(long number, ReadOnlyMemory<byte> utf8)
    {
        if (Fault is { } fault) throw fault;
        if (CloseFrame is null) _queued.Add((number, Encoding.UTF8.GetString(utf8.Span)));
        if (IsWritable) WriteOut(int.MaxValue);
    }

    private void Tells(object message)
    {
        _connection.Tell(message);
        settle();
    }
}
