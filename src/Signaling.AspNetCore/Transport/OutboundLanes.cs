using Signaling.Actors.Protocol;

namespace Signaling.AspNetCore.Transport;

/// <summary>One frame to send.</summary>
/// <param name="Opcode">What it is.</param>
/// <param name="Payload">Nobody writes to it.</param>
/// <param name="Number">Of a signaling message; 0 for others.</param>
internal readonly record struct OutboundFrame(Opcode Opcode, ReadOnlyMemory<byte> Payload, long Number = 0);

/// <summary>What waits to be written to one client. Control frames go first, then signaling in order, then presence; the close frame last, and nothing
/// after it (RFC 6455 §5.5.1). Not safe for parallel use.</summary>
/// <remarks>Presence of a peer takes the place of older presence of the same peer, so that lane is bounded by the number of peers.</remarks>
internal sealed class OutboundLanes
{
    /// <summary>What a frame takes in memory beside its payload: its place in the queue and its array's header.</summary>
    private const int FrameCostBytes = 64;

    private Queue<OutboundFrame>? _control;
    private Queue<OutboundFrame>? _signaling;
    private Queue<PeerId>? _presenceOrder;
    private Dictionary<PeerId, ReadOnlyMemory<byte>>? _presence;
    private OutboundFrame? _close;
    private long _lastNumber;

    /// <summary>A close frame waits or was taken; nothing more is accepted.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Bytes of memory that waiting control frames and signaling take; an empty frame, too, takes some.</summary>
    public long Bytes { get; private set; }

    public bool IsEmpty => _control is null && _signaling is null && _presence is null && _close is null;

    public long Send(ReadOnlyMemory<byte> message)
    {
        var number = ++_lastNumber;
        if (!IsClosed) Add(ref _signaling, new OutboundFrame(Opcode.Text, message, number));
        return number;
    }

    public void SendControl(Opcode opcode, ReadOnlyMemory<byte> payload)
    {
        if (!IsClosed) Add(ref _control, new OutboundFrame(opcode, payload));
    }

    public void SendPresence(PeerId peer, ReadOnlyMemory<byte> message)
    {
        if (IsClosed) return;
        _presence ??= [];
        if (!_presence.ContainsKey(peer)) (_presenceOrder ??= []).Enqueue(peer);
        _presence[peer] = message;
    }

    /// <summary>The close frame goes after the signaling that waits, or instead of it.</summary>
    public void Close(ReadOnlyMemory<byte> payload, bool dropWaiting)
    {
        if (!IsClosed) _close = new OutboundFrame(Opcode.Close, payload);
        IsClosed = true;
        (_presence, _presenceOrder) = (null, null);
        if (!dropWaiting) return;
        (_signaling, _control, Bytes) = (null, null, 0);
    }

    /// <summary>The next frame to write.</summary>
    public bool TryTake(out OutboundFrame frame)
    {
        if (TryTake(ref _control, out frame) || TryTake(ref _signaling, out frame) || TryTakePresence(out frame)) return true;
        if (_close is not { } close) return false;
        (frame, _close) = (close, null);
        return true;
    }

    private void Add(ref Queue<OutboundFrame>? lane, OutboundFrame frame)
    {
        (lane ??= []).Enqueue(frame);
        Bytes += FrameCostBytes + frame.Payload.Length;
    }

    /// <summary>An empty lane is let go: an idle connection holds none.</summary>
    private bool TryTake(ref Queue<OutboundFrame>? lane, out OutboundFrame frame)
    {
        frame = default;
        if (lane is null) return false;
        frame = lane.Dequeue();
        Bytes -= FrameCostBytes + frame.Payload.Length;
        if (lane.Count == 0) lane = null;
        return true;
    }

    private bool TryTakePresence(out OutboundFrame frame)
    {
        frame = default;
        if (_presence is null || _presenceOrder is null) return false;
        _presence.Remove(_presenceOrder.Dequeue(), out var message);
        frame = new OutboundFrame(Opcode.Text, message);
        if (_presence.Count == 0) (_presence, _presenceOrder) = (null, null);
        return true;
    }
}
