using System.Buffers;
using Akka.Actor;
using Signaling.Actors.Connections;
using Signaling.Actors.Protocol;
using Signaling.Actors.Transport;

namespace Signaling.AspNetCore.Transport;

/// <summary>A client's WebSocket over an upgraded connection: reads frames for a connection actor, writes what waits in the lanes, several frames a write.</summary>
/// <remarks>One reader (<see cref="RunAsync"/>) and at most one writer (<see cref="PumpAsync"/>), which runs only while something waits. An idle
/// socket holds no buffer.</remarks>
internal sealed class ClientSocket(Stream stream, Action abort, ConnectionOptions options, TimeProvider time) : IClientSocket, IThreadPoolWorkItem
{
    private const int ReadBufferBytes = 16_384;
    private const int BatchBytes = 65_536;
    private const int BatchFrames = 64;

    /// <summary>Reading pauses while the actor has more than this to do, or the client more than this to read.</summary>
    private const int MaxUnhandledBytes = 65_536;
    private const int MaxQueuedBytes = 262_144;

    /// <summary>What a message takes beside its bytes on its way to the actor, about, so that empty ones are bounded too.</summary>
    private const int MessageCostBytes = 100;

    /// <summary>After the close frame of a broken connection: so long without a byte from the client, and closing TCP resets nothing on its way (RFC 6455 §7.1.1).</summary>
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly OutboundLanes _lanes = new();
    private readonly FrameReader _frames = new(options.MaxMessageBytes);
    private readonly TaskCompletionSource<IActorRef> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? _resume;
    private TaskCompletionSource? _pumpIdle;
    private bool _isPumping;
    private bool _isBroken;
    private volatile bool _isClosing;
    private long _written;
    private long _unhandled;
    private long _lastSignOfLife = time.GetTimestamp();

    public long Written => Interlocked.Read(ref _written);

    public long QueuedBytes
    {
        get
        {
            lock (_gate) return _lanes.Bytes;
        }
    }

    public long LastSignOfLife => Interlocked.Read(ref _lastSignOfLife);

    public void Start(IActorRef connection) => _started.TrySetResult(connection);

    public void Handled(int bytes)
    {
        Interlocked.Add(ref _unhandled, -(MessageCostBytes + bytes));
        ResumeReading();
    }

    public long Send(ReadOnlyMemory<byte> utf8)
    {
        lock (_gate)
        {
            var number = _lanes.Send(utf8);
            Pump();
            return number;
        }
    }

    public void SendPresence(PeerId peer, ReadOnlyMemory<byte> utf8)
    {
        lock (_gate)
        {
            _lanes.SendPresence(peer, utf8);
            Pump();
        }
    }

    public void Ping() => SendControl(Opcode.Ping, default);

    public void Close(CloseCode code, string reason) => Close(FrameEncoder.ClosePayload(code, reason), dropWaiting: false);

    public void CloseNow(CloseCode code, string reason) => Close(FrameEncoder.ClosePayload(code, reason), dropWaiting: true);

    public void Abort() => abort();

    /// <summary>Carries the connection until it ends, however it does; then the connection actor has heard <see cref="SocketProtocol.Closed"/>.</summary>
    public async Task RunAsync()
    {
        var connection = await _started.Task;
        try
        {
            await ReadAsync(connection);
            await PumpIdle().WaitAsync(options.CloseTimeout, time);
        }
        catch (Exception end) when (IsEnd(end) || end is TimeoutException)
        {
            abort();                                                // cut by either side, or the client reads nothing: that is one way to end
        }
        finally
        {
            connection.Tell(SocketProtocol.Closed.Instance);
        }
    }

    void IThreadPoolWorkItem.Execute() => _ = PumpAsync();

    private async Task ReadAsync(IActorRef connection)
    {
        while (true)
        {
            await MayRead();
#pragma warning disable CA2022 // Reads nothing on purpose: waits without holding a buffer.
            await stream.ReadAsync(Memory<byte>.Empty);
#pragma warning restore CA2022
            var buffer = ArrayPool<byte>.Shared.Rent(ReadBufferBytes);
            try
            {
                var count = await stream.ReadAsync(buffer);
                if (count == 0) return;
                ShowLife();
                if (!Receive(buffer.AsSpan(0, count), connection, out var isBroken)) continue;
                if (isBroken) await DiscardAsync(buffer);
                return;
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    /// <returns>Whether nothing more is to be read: the client closed, or broke the protocol.</returns>
    private bool Receive(ReadOnlySpan<byte> bytes, IActorRef connection, out bool isBroken)
    {
        isBroken = false;
        while (_frames.TryRead(ref bytes, out var frame))
        {
            switch (frame.Kind)
            {
                case FrameEventKind.Message when _isClosing:
                    break;
                case FrameEventKind.Message:
                    Interlocked.Add(ref _unhandled, MessageCostBytes + frame.Payload.Length);
                    connection.Tell(new SocketProtocol.Received(frame.Payload));
                    break;
                case FrameEventKind.Ping:
                    SendControl(Opcode.Pong, frame.Payload.ToArray());
                    break;
                case FrameEventKind.Close:
                    // The client reads nothing more: what still waits for it goes back to its mailboxes.
                    Close(frame.Payload.ToArray(), dropWaiting: true);
                    return true;
                case FrameEventKind.Violation:
                    connection.Tell(new SocketProtocol.Violated(frame.Code, frame.Reason));
                    return isBroken = true;
            }
        }
        return false;
    }

    /// <summary>Reads on, so that what the client still sends does not reset the connection before it has read why it is closed.</summary>
    private async Task DiscardAsync(byte[] buffer)
    {
        using var quiet = new CancellationTokenSource(Linger, time);
        while (await stream.ReadAsync(buffer, quiet.Token) > 0) quiet.CancelAfter(Linger);
    }

    private void Close(ReadOnlyMemory<byte> payload, bool dropWaiting)
    {
        lock (_gate)
        {
            _isClosing = true;
            _lanes.Close(payload, dropWaiting);
            Resume();
            Pump();
        }
    }

    private void SendControl(Opcode opcode, ReadOnlyMemory<byte> payload)
    {
        lock (_gate)
        {
            _lanes.SendControl(opcode, payload);
            Pump();
        }
    }

    /// <summary>Starts the writer where it does not run. It runs elsewhere, so that what is sent meanwhile leaves in one write. Called inside the gate.</summary>
    private void Pump()
    {
        if (_isPumping || _isBroken || _lanes.IsEmpty) return;
        _isPumping = true;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private async Task PumpAsync()
    {
        var batch = ArrayPool<OutboundFrame>.Shared.Rent(BatchFrames);
        try
        {
            while (TakeBatch(batch, out var count))
            {
                await WriteAsync(batch.AsMemory(0, count));
                await WrittenAsync(batch.AsMemory(0, count));
            }
        }
        catch (Exception end) when (IsEnd(end))
        {
            BreakPump();
        }
        finally
        {
            ArrayPool<OutboundFrame>.Shared.Return(batch, clearArray: true);
        }
    }

    /// <summary>The whole batch in one write.</summary>
    private async ValueTask WriteAsync(ReadOnlyMemory<OutboundFrame> batch)
    {
        var size = 0;
        foreach (var frame in batch.Span) size += FrameEncoder.MaxHeaderBytes + frame.Payload.Length;
        var buffer = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            var length = 0;
            foreach (var frame in batch.Span) length += FrameEncoder.Write(buffer.AsSpan(length), frame.Opcode, frame.Payload.Span);
            await stream.WriteAsync(buffer.AsMemory(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <returns>False when nothing waits: then the writer has ended.</returns>
    private bool TakeBatch(OutboundFrame[] batch, out int count)
    {
        count = 0;
        lock (_gate)
        {
            for (var bytes = 0; count < BatchFrames && bytes < BatchBytes && _lanes.TryTake(out var frame); bytes += frame.Payload.Length) batch[count++] = frame;
            if (count == 0) EndPump();
            return count > 0;
        }
    }

    /// <summary>Nothing more can be written.</summary>
    private void BreakPump()
    {
        lock (_gate)
        {
            _isBroken = true;
            Resume();
            EndPump();
        }
        abort();
    }

    private void EndPump()
    {
        _isPumping = false;
        _pumpIdle?.TrySetResult();
    }

    private async ValueTask WrittenAsync(ReadOnlyMemory<OutboundFrame> batch)
    {
        var isClosed = false;
        foreach (var frame in batch.Span)
        {
            if (frame.Number > 0) Interlocked.Exchange(ref _written, frame.Number);
            isClosed |= frame.Opcode == Opcode.Close;
        }
        if (Volatile.Read(ref _resume) is not null)
        {
            ShowLife();                                             // its pongs wait unread, but it reads
            ResumeReading();
        }
        if (isClosed) (await _started.Task).Tell(SocketProtocol.Drained.Instance);
    }

    /// <summary>Completes when nothing is being written.</summary>
    private Task PumpIdle()
    {
        lock (_gate)
        {
            if (!_isPumping) return Task.CompletedTask;
            _pumpIdle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _pumpIdle.Task;
        }
    }

    private void ShowLife() => Interlocked.Exchange(ref _lastSignOfLife, time.GetTimestamp());

    private Task MayRead()
    {
        lock (_gate)
        {
            if (!MustPause()) return Task.CompletedTask;
            // Published before the counters are looked at again, so that whoever lowers them sees it.
            Volatile.Write(ref _resume, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            var resumed = _resume!.Task;
            Interlocked.MemoryBarrier();
            if (!MustPause()) Resume();
            return resumed;
        }
    }

    private void ResumeReading()
    {
        if (Volatile.Read(ref _resume) is null) return;
        lock (_gate)
        {
            if (!MustPause()) Resume();
        }
    }

    private void Resume()
    {
        _resume?.TrySetResult();
        Volatile.Write(ref _resume, null);
    }

    private bool MustPause() => !_isClosing && !_isBroken && (Interlocked.Read(ref _unhandled) > MaxUnhandledBytes || _lanes.Bytes > MaxQueuedBytes);

    private static bool IsEnd(Exception end) => end is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException;
}
