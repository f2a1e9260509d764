using Signaling.AspNetCore.Transport;
using static Signaling.Node.Tests.Transport.SocketPair;

namespace Signaling.Node.Tests.Transport;

/// <summary>What is written goes to the socket whole and in order, however much of it the kernel takes at once.</summary>
public sealed class SocketOutputSpecs : IDisposable
{
    private readonly SocketPair _sockets = new();
    private readonly SocketOutput _output;

    public SocketOutputSpecs() => _output = new SocketOutput(_sockets.Server);

    [Theory]
    [InlineData(1)]
    [InlineData(16_384)]
    [InlineData(16_385)]
    [InlineData(20_000_000)]                                        // more than loopback's buffers hold
    public async Task All_of_it_arrives(int length)
    {
        var sent = Bytes(length);

        var writing = _output.WriteAsync(sent).AsTask();
        var received = await ReadAsync(length);

        Assert.False((await writing).IsCompleted);
        Assert.Equal(sent, received);
    }

    [Fact]
    public async Task Pieces_that_were_advanced_one_by_one_leave_in_order()
    {
        var sent = Bytes(100_000);

        for (var i = 0; i < sent.Length;)
        {
            var room = _output.GetSpan(1 + i % 700);
            var count = Math.Min(1 + i % 700, sent.Length - i);
            sent.AsSpan(i, count).CopyTo(room);
            _output.Advance(count);
            i += count;
        }
        await _output.FlushAsync();

        Assert.Equal(sent, await ReadAsync(sent.Length));
    }

    [Fact]
    public async Task A_flush_of_nothing_sends_nothing()
    {
        await _output.FlushAsync();
        await _output.WriteAsync(new byte[] { 7 });

        Assert.Equal([7], await ReadAsync(1));
    }

    [Fact]
    public async Task A_connection_that_is_cut_ends_a_write_that_waits()
    {
        var writing = _output.WriteAsync(Bytes(20_000_000)).AsTask();
        _sockets.Server.Dispose();

        Assert.True((await writing).IsCompleted);
        Assert.True((await _output.WriteAsync(new byte[1])).IsCompleted);
    }

    [Fact]
    public async Task A_client_that_is_gone_completes_what_is_written()
    {
        _sockets.Client.Close(timeout: 0);                                  // a reset

        while (!(await _output.WriteAsync(Bytes(100_000))).IsCompleted)
        {
            // The kernel takes what it cannot yet know to be lost.
        }
    }

    public void Dispose() => _sockets.Dispose();

    private async Task<byte[]> ReadAsync(int length)
    {
        var received = new byte[length];
        for (var read = 0; read < length;) read += await _sockets.Client.ReceiveAsync(received.AsMemory(read));
        return received;
    }
}
