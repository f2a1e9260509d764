using System.Buffers;
using System.IO.Pipelines;
using Akka.Actor;
using Signaling.Actors.Connections;
using Signaling.Actors.Dispatch;
using Signaling.Actors.Protocol;
using Signaling.Actors.Transport;

namespace Signaling.AspNetCore.Transport;

/// <summary>A client's WebSocket on a connection whose handshake is done: reads frames for a connection actor; what is sent goes through a <see cref="FramePump"/>.</summary>
internal sealed class ClientSocket : IClientSocket, FramePump.IListener
{
    /// <summary>So much is taken at once of what has arrived, before it is asked whether reading pauses.</summary>
    private const int ReadBytes = 16_384;

    /// <summary>Reading pauses while the actor has more than this to do, or the client more than this to read.</summary>
    private const int MaxUnhandledBytes = 65_536;
    private const int MaxQueuedBytes = 262_144;

    /// <summary>What a message takes beside its bytes on its way to the actor, about, so that empty ones are bounded too.</summary>
    private const int MessageCostBytes = 100;

    private readonly PipeReader _input;
    private readonly Action _abort;
    private readonly ConnectionOptions _options;
    private readonly TimeProvider _time;
    private readonly FramePump _pump;
    private readonly FrameReader _frames;
    private readonly TaskCompletionSource<IActorRef> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? _resume;
    private volatile bool _isClosing;
    private volatile bool _isPaused;
    private byte[] _closeReceived = [];
    private long _unhandled;
    private long _lastSignOfLife;

    /// <param name="input">What follows the handshake.</param>
    /// <param name="output">Where what is sent goes.</param>
    /// <param name="abort">Cuts the connection.</param>
    /// <param name="options">Its limits.</param>
    /// <param name="time">The clock.</param>
    public ClientSocket(PipeReader input, PipeWriter output, Action abort, ConnectionOptions options, TimeProvider time)
    {
        (_input, _abort, _options, _time) = (input, abort, options, time);
        _pump = new FramePump(output, options.Confirm, this);
        _frames = new FrameReader(options.MaxMessageBytes);
        _lastSignOfLife = time.GetTimestamp();
    }

    public long Delivered => _pump.Delivered;

    public long QueuedBytes => _pump.QueuedBytes;

    public long LastSignOfLife => Interlocked.Read(ref _lastSignOfLife);

    /// <summary>Completes with the connection's actor, which runs.</summary>
    public Task<IActorRef> Started => _started.Task;

    private bool MustPause => !_isClosing && (_isPaused || Interlocked.Read(ref _unhandled) > MaxUnhandledBytes || _pump.QueuedBytes > MaxQueuedBytes);

    public void Start(IActorRef connection) => _started.TrySetResult(connection);

    public void Pause() => _isPaused = true;

    public void Resume()
    {
        _isPaused = false;
        ResumeReading();
    }

    public void Handled(int bytes)
    {
        Interlocked.Add(ref _unhandled, -(MessageCostBytes + bytes));
        ResumeReading();
    }

    public void Send(ReadOnlyMemory<byte> utf8, ReadOnlyMemory<byte> rest = default) => _pump.Send(utf8, rest);

    public long Deliver(ReadOnlyMemory<byte> utf8) => _pump.Deliver(utf8);

    public void Follow(IPresenceReader? presence) => _pump.Follow(presence);

    public void PresenceWaits() => _pump.PresenceWaits();

    public void Ping() => _pump.SendControl(Opcode.Ping, default);

    public void Confirm() => _pump.Confirm();

    public void Close(CloseCode code, string reason) => Close(FrameEncoder.ClosePayload(code, reason), dropDeliveries: false, probe: true);

    public void CloseNow(CloseCode code, string reason) => Close(FrameEncoder.ClosePayload(code, reason), dropDeliveries: true, probe: true);

    public void AnswerClose() => Close(_closeReceived, dropDeliveries: true, probe: false);

    public void Abort() => _abort();

    /// <summary>Carries the connection until it ends, however it does; then the connection actor has heard <see cref="SocketProtocol.Closed"/>.</summary>
    public async Task RunAsync()
    {
        var connection = await Started;
        try
        {
            var end = await ReadAsync(connection);
            await _pump.IdleAsync(isClosing: end is not null).WaitAsync(_options.CloseTimeout, _time);
            if (end == FrameEventKind.Violation) await DiscardAsync();
        }
        catch (Exception end) when (ConnectionEnd.Is(end) || end is TimeoutException)
        {
            _abort();                                               // cut by either side, or the client reads nothing
        }
        finally
        {
            await _pump.EndAsync();
            connection.Tell(SocketProtocol.Closed.Instance);
        }
    }

    void FramePump.IListener.Wrote(bool isClosed)
    {
        if (Volatile.Read(ref _resume) is not null)
        {
            ShowLife();                                             // its pongs wait unread, but it reads
            ResumeReading();
        }
        if (isClosed) _started.Task.Result.Tell(SocketProtocol.Drained.Instance);
    }

    void FramePump.IListener.Confirmed() => _started.Task.Result.Tell(SocketProtocol.Confirmed.Instance);

    void FramePump.IListener.Broke()
    {
        _isClosing = true;
        ResumeReading();
        _abort();
    }

    /// <returns>The close or the violation with which reading ended; null where the connection did.</returns>
    private async Task<FrameEventKind?> ReadAsync(IActorRef connection)
    {
        while (true)
        {
            await MayRead();
            var read = await _input.ReadAsync();
            var bytes = read.Buffer.Slice(0, Math.Min(ReadBytes, read.Buffer.Length));
            if (bytes.IsEmpty && read.IsCompleted) return null;
            ShowLife();
            FrameEventKind? end;
            using (RunNext.Begin()) end = Receive(bytes, connection);
            _input.AdvanceTo(bytes.End);
            if (end is not null) return end;
        }
    }

    private FrameEventKind? Receive(in ReadOnlySequence<byte> bytes, IActorRef connection)
    {
        foreach (var segment in bytes)
        {
            if (Receive(segment.Span, connection) is { } end) return end;
        }
        return null;
    }

    /// <returns>Not null where nothing more is to be read: the client closed, or broke the protocol.</returns>
    private FrameEventKind? Receive(ReadOnlySpan<byte> bytes, IActorRef connection)
    {
        while (_frames.TryRead(ref bytes, out var frame))
        {
            switch (frame.Kind)
            {
                case FrameEventKind.Message when _isClosing:
                    break;
                case FrameEventKind.Message:
                    Interlocked.Add(ref _unhandled, MessageCostBytes + frame.Length);
                    connection.Tell(new SocketProtocol.Received(frame.Buffer, frame.Length));
                    break;
                case FrameEventKind.Ping:
                    _pump.SendControl(Opcode.Pong, frame.Payload.ToArray());
                    break;
                case FrameEventKind.Pong:
                    _pump.Ponged(frame.Payload.Span);
                    break;
                case FrameEventKind.Close:
                    _closeReceived = frame.Payload.ToArray();
                    connection.Tell(SocketProtocol.CloseReceived.Instance);
                    return frame.Kind;
                case FrameEventKind.Violation:
                    connection.Tell(new SocketProtocol.Violated(frame.Code, frame.Reason));
                    return frame.Kind;
            }
        }
        return null;
    }

    /// <summary>
    /// Reads on, so that what the client still sends does not reset the connection before it has read why it is closed
    /// (RFC 6455 §7.1.1). Ends when the client does, or when the actor cuts a client that takes longer than <see cref="ConnectionOptions.CloseTimeout"/>.
    /// </summary>
    private async Task DiscardAsync()
    {
        ReadResult read;
        do
        {
            read = await _input.ReadAsync();
            _input.AdvanceTo(read.Buffer.End);
        }
        while (!read.IsCompleted);
    }

    private void Close(ReadOnlyMemory<byte> payload, bool dropDeliveries, bool probe)
    {
        _isClosing = true;
        _pump.Close(payload, dropDeliveries, probe);
        ResumeReading();
    }

    private void ShowLife() => Interlocked.Exchange(ref _lastSignOfLife, _time.GetTimestamp());

    private Task MayRead()
    {
        if (!MustPause) return Task.CompletedTask;
        var resume = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Exchange(ref _resume, resume);                  // seen before the counts are looked at again, so whoever lowers them resumes it
        ResumeReading();
        return resume.Task;
    }

    private void ResumeReading()
    {
        if (Volatile.Read(ref _resume) is not null && !MustPause) Interlocked.Exchange(ref _resume, null)?.TrySetResult();
    }
}
