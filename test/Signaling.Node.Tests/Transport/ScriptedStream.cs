namespace Signaling.Node.Tests.Transport;

/// <summary>A client that has sent all of its bytes at once, and reads everything or nothing of what it is sent.</summary>
/// <param name="input">What it sent; then the connection ends.</param>
/// <param name="reads">False: it never reads, so that no write completes.</param>
internal sealed class ScriptedStream(byte[] input, bool reads = true) : Stream
{
    private readonly MemoryStream _output = new();
    private readonly TaskCompletionSource _never = new();
    private int _taken;

    /// <summary>How much of the input was read.</summary>
    public int Taken => _taken;

    public byte[] Output => _output.ToArray();

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = Math.Min(buffer.Length, input.Length - _taken);
        input.AsMemory(_taken, count).CopyTo(buffer);
        _taken += count;
        return ValueTask.FromResult(count);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!reads) return new ValueTask(_never.Task);
        _output.Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
