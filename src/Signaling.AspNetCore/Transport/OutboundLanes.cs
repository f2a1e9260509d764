using Signaling.Actors.Transport;

namespace Signaling.AspNetCore.Transport;

/// <summary>One frame to send.</summary>
/// <param name="Opcode">What it is.</param>
/// <param name="Payload">Nobody writes to it.</param>
/// <param name="Number">Of a delivery; 0 for others.</param>
/// <param name="Rest">Follows the payload in the same frame.</param>
internal readonly record struct OutboundFrame(Opcode Opcode, ReadOnlyMemory<byte> Payload, long Number = 0, ReadOnlyMemory<byte> Rest = default)
{
    /// <summary>Of the whole payload, in bytes.</summary>
    public int Length => Payload.Length + Rest.Length;
}

/// <summary>What waits to be written to one client. Control frames go first, then signaling in order, then presence; the close frame last, and nothing
/// after it (RFC 6455 §5.5.1). Not safe for parallel use.</summary>
/// <remarks>Presence does not wait here: it is read where all connections read it, when nothing else waits.</remarks>
internal sealed class OutboundLanes
{
    /// <summary>What a frame takes in memory beside its payload: its place in the queue and its array's header.</summary>
    private const int FrameCostBytes = 64;

    /// <summary>What a lane that is kept for the next one may hold on to, in frames.</summary>
    private const int KeptCapacity = 64;

    /// <summary>An empty lane, for whichever connection this thread serves next.</summary>
    [ThreadStatic] private static Queue<OutboundFrame>? _spare;

    private Queue<OutboundFrame>? _control;
    private Queue<OutboundFrame>? _signaling;
    private IPresenceReader? _presence;
    private OutboundFrame? _close;

    /// <summary>A close frame waits or was taken; nothing more is accepted.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Bytes of memory that waiting control frames and signaling take; an empty frame, too, takes some.</summary>
    public long Bytes { get; private set; }

    public bool IsEmpty => _control is null && _signaling is null && _close is null && _presence is not { HasNews: true };

    /// <summary>A close frame was accepted and taken: nothing is left to be written, ever.</summary>
    public bool IsDone => IsClosed && IsEmpty;

    /// <summary>Number of the last delivery; 0 before the first.</summary>
    public long LastNumber { get; private set; }

    /// <summary>Number of the last delivery that was taken to be written; 0 before the first.</summary>
    public long LastTaken { get; private set; }

    /// <summary>What the node itself says.</summary>
    public void Send(ReadOnlyMemory<byte> message, ReadOnlyMemory<byte> rest = default) => Add(new OutboundFrame(Opcode.Text, message, Rest: rest));

    /// <summary>A message from a mailbox.</summary>
    /// <returns>Its number, rising by one.</returns>
    public long Deliver(ReadOnlyMemory<byte> message)
    {
        Add(new OutboundFrame(Opcode.Text, message, ++LastNumber));
        return LastNumber;
    }

    /// <summary>A ping whose pong shows that the client has every delivery so far; its payload is the last one's number.</summary>
    public void SendProbe(ReadOnlyMemory<byte> payload) => Add(new OutboundFrame(Opcode.Ping, payload));

    public void SendControl(Opcode opcode, ReadOnlyMemory<byte> payload)
    {
        if (!IsClosed) Add(ref _control, new OutboundFrame(opcode, payload));
    }

    public void Follow(IPresenceReader? presence) => _presence = IsClosed ? null : presence;

    /// <summary>The close frame goes after what waits. Of several closes the first one's payload counts.</summary>
    public void Close(ReadOnlyMemory<byte> payload)
    {
        if (!IsClosed) _close = new OutboundFrame(Opcode.Close, payload);
        IsClosed = true;
        _presence = null;
    }

    /// <summary>Deliveries that wait are not made, to be made again elsewhere.</summary>
    public void DropDeliveries()
    {
        if (_signaling is null) return;
        var kept = new Queue<OutboundFrame>(_signaling.Where(frame => !IsDelivery(frame)));
        Bytes -= _signaling.Where(IsDelivery).Sum(frame => FrameCostBytes + (long)frame.Length);
        _signaling = kept.Count > 0 ? kept : null;
    }

    /// <summary>The next frame to write.</summary>
    public bool TryTake(out OutboundFrame frame, bool withPresence = true)
    {
        if (TryTake(ref _control, out frame) || TryTake(ref _signaling, out frame) || (withPresence && TryTakePresence(out frame))) return true;
        if (_close is not { } close) return false;
        (frame, _close) = (close, null);
        return true;
    }

    private void Add(OutboundFrame frame)
    {
        if (!IsClosed) Add(ref _signaling, frame);
    }

    private void Add(ref Queue<OutboundFrame>? lane, OutboundFrame frame)
    {
        (lane ??= TakeSpare()).Enqueue(frame);
        Bytes += FrameCostBytes + frame.Length;
    }

    private static bool IsDelivery(OutboundFrame frame) => frame.Number > 0 || frame.Opcode == Opcode.Ping; // a probe speaks for the deliveries before it

    /// <summary>An empty lane is let go: an idle connection holds none.</summary>
    private bool TryTake(ref Queue<OutboundFrame>? lane, out OutboundFrame frame)
    {
        frame = default;
        if (lane is null) return false;
        frame = lane.Dequeue();
        if (frame.Number > 0) LastTaken = frame.Number;
        Bytes -= FrameCostBytes + frame.Length;
        if (lane.Count > 0) return true;
        if (lane.Capacity <= KeptCapacity) _spare = lane;
        lane = null;
        return true;
    }

    private static Queue<OutboundFrame> TakeSpare()
    {
        var spare = _spare ?? [];
        _spare = null;
        return spare;
    }

    private bool TryTakePresence(out OutboundFrame frame)
    {
        frame = default;
        if (_presence is null || !_presence.TryRead(out var json)) return false;
        frame = new OutboundFrame(Opcode.Text, json);
        return true;
    }
}
