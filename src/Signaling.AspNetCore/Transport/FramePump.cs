using System.Buffers.Binary;
using System.IO.Pipelines;
using Signaling.Actors.Connections;
using Signaling.Actors.Dispatch;
using Signaling.Actors.Transport;

namespace Signaling.AspNetCore.Transport;

/// <summary>Writes what waits for one client, several frames a write. At most one write is under way, and only while something waits: an idle
/// connection holds no buffer. Safe for parallel use.</summary>
/// <param name="output">The connection.</param>
/// <param name="confirmation">What counts as delivered.</param>
/// <param name="listener">Who hears how the writing goes.</param>
internal sealed class FramePump(PipeWriter output, DeliveryConfirmation confirmation, FramePump.IListener listener) : IThreadPoolWorkItem
{
    private const int BatchBytes = 65_536;
    private const int BatchFrames = 64;

    /// <summary>Presence reaches all connections at once, so that all of them may hold a batch that a client does not read.</summary>
    private const int PresenceBatchBytes = 4_000;

    private readonly Lock _gate = new();
    private readonly OutboundLanes _lanes = new();
    private TaskCompletionSource? _idle;
    private bool _awaitsClose;
    private bool _isRunning;
    private bool _isBroken;
    private long _asked;
    private long _delivered;

    /// <summary>Who hears how the writing goes, on the thread that writes.</summary>
    internal interface IListener
    {
        /// <summary>A batch was written, and with it the close frame where <paramref name="isClosed"/>.</summary>
        void Wrote(bool isClosed);

        /// <summary>The client is known to have more of the deliveries.</summary>
        void Confirmed();

        /// <summary>Nothing more can be written.</summary>
        void Broke();
    }

    /// <summary>Number of the last delivery that the client has, as far as is known; 0 before the first.</summary>
    public long Delivered => Interlocked.Read(ref _delivered);

    /// <summary>What waits to be written, presence apart, in bytes of memory.</summary>
    public long QueuedBytes
    {
        get
        {
            lock (_gate) return _lanes.Bytes;
        }
    }

    private bool IsIdle => !_isRunning && (!_awaitsClose || _isBroken || _lanes.IsDone);

    /// <inheritdoc cref="OutboundLanes.Send"/>
    public void Send(ReadOnlyMemory<byte> message, ReadOnlyMemory<byte> rest = default)
    {
        lock (_gate)
        {
            _lanes.Send(message, rest);
            Run();
        }
    }

    /// <inheritdoc cref="OutboundLanes.Deliver"/>
    public long Deliver(ReadOnlyMemory<byte> message)
    {
        lock (_gate)
        {
            var number = _lanes.Deliver(message);
            Run();
            return number;
        }
    }

    /// <inheritdoc cref="OutboundLanes.SendControl"/>
    public void SendControl(Opcode opcode, ReadOnlyMemory<byte> payload)
    {
        lock (_gate)
        {
            _lanes.SendControl(opcode, payload);
            Run();
        }
    }

    /// <inheritdoc cref="OutboundLanes.Follow"/>
    public void Follow(IPresenceReader? presence)
    {
        lock (_gate)
        {
            _lanes.Follow(presence);
            Run();
        }
    }

    /// <summary>There may be presence to write.</summary>
    public void PresenceWaits()
    {
        lock (_gate) Run();
    }

    /// <inheritdoc cref="IClientSocket.Confirm"/>
    public void Confirm()
    {
        lock (_gate)
        {
            if (_asked > Delivered) return;
            Ask(_lanes.LastNumber);
            if (confirmation == DeliveryConfirmation.Pong || _asked > Delivered) return;
        }
        listener.Confirmed();
    }

    /// <summary>A pong has come; one that answers no probe says nothing of deliveries.</summary>
    public void Ponged(ReadOnlySpan<byte> payload)
    {
        if (payload.Length != sizeof(long)) return;
        lock (_gate)
        {
            var number = BinaryPrimitives.ReadInt64BigEndian(payload);
            if (number > _asked || number <= Delivered) return;
            Interlocked.Exchange(ref _delivered, number);
        }
        listener.Confirmed();
    }

    /// <summary>Closes after what waits.</summary>
    /// <param name="payload">Of the close frame.</param>
    /// <param name="dropDeliveries">Deliveries that wait are not made.</param>
    /// <param name="probe">The client is asked for a last time what it has; one that closed itself answers nothing more.</param>
    public void Close(ReadOnlyMemory<byte> payload, bool dropDeliveries, bool probe)
    {
        lock (_gate)
        {
            if (dropDeliveries) _lanes.DropDeliveries();
            if (probe) Ask(dropDeliveries ? _lanes.LastTaken : _lanes.LastNumber);
            _lanes.Close(payload);
            Run();
        }
    }

    /// <summary>Completes when nothing is being written, and, where <paramref name="isClosing"/>, the close frame is written too.</summary>
    public Task IdleAsync(bool isClosing)
    {
        lock (_gate)
        {
            _awaitsClose = isClosing;
            if (IsIdle) return Task.CompletedTask;
            _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _idle.Task;
        }
    }

    /// <summary>Writes nothing more.</summary>
    /// <returns>Completes when nothing is being written: then the output may be taken away.</returns>
    public Task EndAsync()
    {
        lock (_gate) _isBroken = true;
        return IdleAsync(isClosing: false);
    }

    /// <summary>Probes the deliveries up to this one. Called inside the gate.</summary>
    private void Ask(long number)
    {
        if (number == _asked || number <= Delivered) return;
        _asked = number;
        if (confirmation != DeliveryConfirmation.Pong) return;
        var payload = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(payload, _asked);
        _lanes.SendProbe(payload);
        Run();
    }

    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    /// <summary>Starts to write where nothing is being written; elsewhere, so that what is sent meanwhile leaves in the same write. Called inside the gate.</summary>
    private void Run()
    {
        if (_isRunning || _isBroken || _lanes.IsEmpty) return;
        _isRunning = true;
        RunNext.Schedule(this);
    }

    private async Task RunAsync()
    {
        try
        {
            while (WriteBatch(out var lastDelivery, out var isClosed))
            {
                var flush = await output.FlushAsync();
                if (flush.IsCompleted)                              // the connection takes nothing more
                {
                    Break();
                    return;
                }
                if (confirmation == DeliveryConfirmation.Write && lastDelivery > 0) WroteDeliveries(lastDelivery);
                listener.Wrote(isClosed);
            }
        }
        catch (Exception end) when (ConnectionEnd.Is(end))
        {
            Break();
        }
    }

    /// <summary>Copies what waits into the connection's buffer.</summary>
    /// <param name="lastDelivery">Number of the last delivery among it; 0 where there is none.</param>
    /// <param name="isClosed">The close frame is among it.</param>
    /// <returns>False when nothing waits: then the writer has ended.</returns>
    private bool WriteBatch(out long lastDelivery, out bool isClosed)
    {
        (lastDelivery, isClosed) = (0, false);
        lock (_gate)
        {
            var encoder = new FrameEncoder(output);
            var (frames, bytes) = (0, 0);
            while (!_isBroken && frames < BatchFrames && bytes < BatchBytes && _lanes.TryTake(out var frame, withPresence: bytes < PresenceBatchBytes))
            {
                encoder.Write(frame.Opcode, frame.Payload.Span, frame.Rest.Span);
                if (frame.Number > 0) lastDelivery = frame.Number;
                isClosed |= frame.Opcode == Opcode.Close;
                frames++;
                bytes += FrameEncoder.MaxHeaderBytes + frame.Length;
            }
            encoder.Commit();
            if (frames == 0) Stop();
            return _isRunning;
        }
    }

    private void WroteDeliveries(long last)
    {
        var before = Interlocked.Exchange(ref _delivered, last);
        lock (_gate)
        {
            if (_asked <= before || last < _asked) return;
        }
        listener.Confirmed();
    }

    private void Break()
    {
        lock (_gate)
        {
            _isBroken = true;
            Stop();
        }
        listener.Broke();
    }

    private void Stop()
    {
        _isRunning = false;
        if (IsIdle) _idle?.TrySetResult();
    }
}
