using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;

namespace Signaling.AspNetCore.Transport;

/// <summary>Reads a socket without a loop beside the reader. Holds a buffer only while something in it is to be examined again; waits without one. One reader.</summary>
#pragma warning disable CA1001 // A token source without a timer holds nothing.
internal sealed class SocketInput(Socket socket) : PipeReader
#pragma warning restore CA1001
{
    /// <summary>So much is received at once; a head or a message in HTTP that is examined without being consumed makes it grow.</summary>
    private const int BufferBytes = 16_384;

    /// <summary>So often in a row a reader that stays finds something, before others on its thread have a turn.</summary>
    private const int MaxInRow = 4;

    private CancellationTokenSource? _cancellation = new();
    private byte[] _buffer = [];
    private int _start;
    private int _examined;
    private int _end;
    private bool _isCompleted;
    private int _inRow;

    private bool Stays => _cancellation is null;

    private ReadOnlySequence<byte> Unread => new(_buffer, _start, _end - _start);

    /// <summary>From now on the reader goes on where it is learned that something has come, so that no thread is woken for it, and is not cancelled. It must never block: it would hold up
    /// the other sockets that this thread polls.</summary>
    public void Stay() => _cancellation = null;

    /// <exception cref="ConnectionResetException">The client cut the connection.</exception>
    /// <exception cref="ConnectionAbortedException">We did.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (TryRead(out var read)) return read;
        try
        {
            using var either = cancellationToken.CanBeCanceled ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _cancellation?.Token ?? default) : null;
            do
            {
                var arrival = socket.ReceiveAsync(Memory<byte>.Empty, (either ?? _cancellation)?.Token ?? default);
                _inRow = arrival.IsCompleted ? _inRow + 1 : 0;
                await arrival;
                if (!Stays || _inRow == MaxInRow) await LeaveAsync();
            }
            while (!TryReceive());
        }
        catch (OperationCanceledException) when (_cancellation is { IsCancellationRequested: true })
        {
            return Canceled();
        }
        catch (Exception failure) when (SocketEnd.Of(failure) is { } end)
        {
            throw end;
        }
        return new ReadResult(Unread, isCanceled: false, _isCompleted);
    }

    public override bool TryRead(out ReadResult result)
    {
        result = _cancellation is { IsCancellationRequested: true } ? Canceled() : new ReadResult(Unread, isCanceled: false, _isCompleted);
        return result.IsCanceled || _isCompleted || _end > _examined;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        (_start, _examined) = (consumed.GetInteger(), examined.GetInteger());
        if (_start == _end) Release();
    }

    public override void CancelPendingRead() => _cancellation?.Cancel();

    public override void Complete(Exception? exception = null)
    {
        _isCompleted = true;
        Release();
    }

    /// <summary>Goes on behind what waits for the thread pool.</summary>
    private ConfiguredTaskAwaitable LeaveAsync()
    {
        _inRow = 0;
        return Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
    }

    /// <returns>False where nothing is there after all.</returns>
    private bool TryReceive()
    {
        MakeRoom();
        var received = socket.Receive(_buffer.AsSpan(_end), SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock) return false;
        if (error != SocketError.Success) throw new SocketException((int)error);
        _isCompleted = received == 0;
        _end += received;
        return true;
    }

    private void MakeRoom()
    {
        if (_end < _buffer.Length) return;
        var unread = _end - _start;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(BufferBytes, 2 * unread));
        Buffer.BlockCopy(_buffer, _start, larger, 0, unread);
        var examined = _examined - _start;
        Release();
        (_buffer, _examined, _end) = (larger, examined, unread);
    }

    private ReadResult Canceled()
    {
        _cancellation = new CancellationTokenSource();
        return new ReadResult(Unread, isCanceled: true, _isCompleted);
    }

    private void Release()
    {
        if (_buffer.Length > 0) ArrayPool<byte>.Shared.Return(_buffer);
        (_buffer, _start, _examined, _end) = ([], 0, 0, 0);
    }
}
