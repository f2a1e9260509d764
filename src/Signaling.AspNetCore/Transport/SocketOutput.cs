using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;

namespace Signaling.AspNetCore.Transport;

/// <summary>Sends what is written straight from the thread that flushes. Through the connection's own pipe it is copied once more and sent by another thread, which has to be woken
/// for it. Holds a buffer only while something is written. One writer.</summary>
/// <param name="socket">One that does not block: what the kernel does not take at once is sent by SendAsync.</param>
internal sealed class SocketOutput(Socket socket) : PipeWriter
{
    /// <summary>Most batches are smaller. A client that does not read holds this much, as it would hold a pipe.</summary>
    private const int MinBufferBytes = 16_384;

    private byte[] _buffer = [];
    private int _written;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _written;

    public override void Advance(int bytes) => _written += bytes;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        EnsureRoom(Math.Max(sizeHint, 1));
        return _buffer.AsMemory(_written);
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <returns>Completed where the connection is cut.</returns>
    public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            for (var sent = 0; sent < _written;)
            {
                var rest = _buffer.AsMemory(sent, _written - sent);
                sent += TrySend(rest.Span, out var bytes) ? bytes : await socket.SendAsync(rest, cancellationToken);
            }
            return default;
        }
        catch (Exception failure) when (SocketEnd.Of(failure) is not null)
        {
            return new FlushResult(isCanceled: false, isCompleted: true);
        }
        finally
        {
            Release();
        }
    }

    public override void CancelPendingFlush()
    {
        // Whoever cuts the connection ends it.
    }

    public override void Complete(Exception? exception = null) => Release();

    /// <returns>False where the socket's buffer is full.</returns>
    private bool TrySend(ReadOnlySpan<byte> bytes, out int sent)
    {
        sent = socket.Send(bytes, SocketFlags.None, out var error);
        if (error is not (SocketError.Success or SocketError.WouldBlock)) throw new SocketException((int)error);
        return error == SocketError.Success;
    }

    private void EnsureRoom(int count)
    {
        if (_buffer.Length - _written >= count) return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(MinBufferBytes, Math.Max(_written + count, 2 * _buffer.Length)));
        _buffer.AsSpan(0, _written).CopyTo(larger);
        Return();
        _buffer = larger;
    }

    private void Release()
    {
        Return();
        (_buffer, _written) = ([], 0);
    }

    private void Return()
    {
        if (_buffer.Length > 0) ArrayPool<byte>.Shared.Return(_buffer);
    }
}
