using System.Text.Json;
using Akka.Actor;
using Signaling.Actors.Protocol;
using Signaling.Actors.Transport;
using Signaling.Fuzz.Targets;
using static Signaling.Fuzz.Engine.FuzzFailureException;
using Envelope = Signaling.Actors.Protocol.Envelope;

namespace Signaling.Fuzz.Node;

/// <summary>A client in memory: it takes what it is sent at once, confirms it at once, and finds fault with it.</summary>
/// <param name="node">Its node.</param>
/// <param name="ids">Every id that was registered on the node: who else a message is from, was forged.</param>
internal sealed class Client(VirtualNode node, HashSet<string> ids) : IClientSocket
{
    private static readonly JsonDocumentOptions Wrapped = new() { MaxDepth = Envelope.MaxDepth + 2 };

    private IActorRef _connection = ActorRefs.Nobody;
    private IPresenceReader? _presence;
    private CloseCode _closes;
    private long _lastDelivery;

    /// <summary>What it was sent since it spoke last: types, and codes of errors.</summary>
    public List<string> Heard { get; } = [];

    /// <summary>What broke a rule; null where nothing did. It is told later: an exception here would be the node's.</summary>
    public string? Fault { get; private set; }

    /// <summary>The node does not read on for a while.</summary>
    public bool IsPaused { get; private set; }

    /// <summary>How the node closed the connection, or answered its close; null where it did not.</summary>
    public CloseCode? Closed { get; private set; }

    public bool IsGone { get; private set; }

    public long Delivered { get; private set; }

    public long QueuedBytes => 0;

    public long LastSignOfLife => long.MaxValue;                    // it answers every ping

    /// <summary>Says something, and lets happen what follows from it.</summary>
    public void Says(ReadOnlySpan<byte> utf8)
    {
        Heard.Clear();
        byte[] buffer = [.. utf8, .. new byte[SocketProtocol.Received.Room]];
        Tells(new SocketProtocol.Received(buffer, utf8.Length));
    }

    /// <summary>Closes, as RFC 6455 asks it to.</summary>
    public void Closes()
    {
        _closes = CloseCode.GoingAway;
        Tells(SocketProtocol.CloseReceived.Instance);
    }

    /// <summary>Sends what is no WebSocket.</summary>
    public void Violates() => Tells(new SocketProtocol.Violated(CloseCode.ProtocolError, "a rule"));

    /// <summary>Is gone without a word.</summary>
    public void Vanishes()
    {
        if (IsGone) return;
        IsGone = true;
        Tells(SocketProtocol.Closed.Instance);
    }

    public void Start(IActorRef connection) => _connection = connection;

    public void Handled(int bytes)
    {
    }

    public void Pause() => IsPaused = true;

    public void Resume() => IsPaused = false;

    public void Send(ReadOnlyMemory<byte> utf8, ReadOnlyMemory<byte> rest = default) => Hear((byte[])[.. utf8.Span, .. rest.Span], isDelivery: false);

    public long Deliver(ReadOnlyMemory<byte> utf8)
    {
        Hear(utf8, isDelivery: true);
        return ++_lastDelivery;
    }

    public void Follow(IPresenceReader? presence)
    {
        _presence = presence;
        PresenceWaits();
    }

    public void PresenceWaits()
    {
        while (Closed is null && _presence is not null && _presence.TryRead(out var json)) Check(json, isDelivery: false);
    }

    public void Ping()
    {
    }

    public void Confirm()
    {
        if (Delivered == _lastDelivery) return;
        Delivered = _lastDelivery;
        _connection.Tell(SocketProtocol.Confirmed.Instance);
    }

    public void Close(CloseCode code, string reason)
    {
        if (Closed is not null) return;
        Closed = code;
        if (code == CloseCode.InternalError) Fault ??= "The node failed: close 1011.";
        Confirm();
        _connection.Tell(SocketProtocol.Drained.Instance);
        Abort();
    }

    public void CloseNow(CloseCode code, string reason) => Close(code, reason);

    public void AnswerClose() => Close(_closes, "");

    public void Abort()
    {
        if (IsGone) return;
        IsGone = true;
        _connection.Tell(SocketProtocol.Closed.Instance);
    }

    private void Tells(object message)
    {
        _connection.Tell(message);
        node.Settle();
    }

    private void Hear(ReadOnlyMemory<byte> json, bool isDelivery)
    {
        if (Closed is null) Heard.Add(Check(json, isDelivery));
    }

    /// <returns>What it is, in a word.</returns>
    private string Check(ReadOnlyMemory<byte> json, bool isDelivery)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Wrapped);
            return isDelivery ? CheckDelivery(document.RootElement) : CheckAnswer(document.RootElement);
        }
        catch (Exception wrong)
        {
            Fault ??= $"{wrong.Message} {Convert.ToHexString(json.Span)}";
            return "a fault";
        }
    }

    /// <summary>What the node itself says.</summary>
    private string CheckAnswer(JsonElement json)
    {
        Unless(!json.TryGetProperty("from", out _), "The node names a sender of its own message.");
        var type = json.GetProperty("type").GetString()!;
        if (type == "registered") ids.Add(json.GetProperty("peerId").GetString()!);
        return type == "error" ? json.GetProperty("code").GetString()! : type;
    }

    /// <summary>What a peer says, direct or from the mailbox.</summary>
    private string CheckDelivery(JsonElement json)
    {
        var isKept = JsonMembers.Of(json).Find(member => member.Key == "originalMessage") is { } original && JsonMembers.Of(json)[0].Text == "\"type\":\"offline-message\"";
        var members = JsonMembers.Of(isKept ? json.GetProperty("originalMessage") : json);
        var from = members.Where(member => member.Key == "from").ToArray();
        Unless(from.Length == 1 && ids.Contains(JsonMembers.Text(from[0].Value)!), "A message is from somebody who did not send it.");
        Unless(members.Count(member => member.Key == "to") == 1 && members.Count(member => member.Key == "type") == 1, "A message has two recipients or types.");
        return isKept ? "offline-message" : "a peer's message";
    }
}
