using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Signaling.AspNetCore.Transport;
using static Signaling.Node.Tests.Transport.SocketPair;

namespace Signaling.Node.Tests.Transport;

/// <summary>What a socket brings is read whole and in order, whoever reads and however: HTTP, TLS, or frames.</summary>
public sealed class SocketInputSpecs : IDisposable
{
    private readonly SocketPair _sockets = new();
    private readonly SocketInput _input;

    public SocketInputSpecs() => _input = new SocketInput(_sockets.Server);

    [Theory]
    [InlineData(false, 1)]
    [InlineData(false, 5_000_000)]
    [InlineData(true, 1)]
    [InlineData(true, 5_000_000)]
    public async Task All_of_it_is_read_and_then_the_end(bool stays, int length)
    {
        var sent = Bytes(length);
        if (stays) _input.Stay();
        var sending = SendAndEndAsync(sent);

        var received = new List<byte>();
        ReadResult read;
        do
        {
            read = await _input.ReadAsync();
            received.AddRange(read.Buffer.ToArray());
            _input.AdvanceTo(read.Buffer.End);
        }
        while (!read.IsCompleted);

        Assert.Equal(sent, received);
        Assert.True((await _input.ReadAsync()).IsCompleted);
        await sending;
    }

    [Fact]
    public async Task What_is_examined_and_not_consumed_comes_again_with_more_behind_it()
    {
        var sent = Bytes(100_000);                                  // the buffer grows several times
        var sending = SendAndEndAsync(sent);

        var read = await _input.ReadAsync();
        while (!read.IsCompleted)
        {
            _input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            read = await _input.ReadAsync();
        }

        Assert.Equal(sent, read.Buffer.ToArray());
        await sending;
    }

    [Fact]
    public async Task What_is_left_unexamined_is_read_at_once()
    {
        await _sockets.Client.SendAsync(Bytes(10));

        var first = await _input.ReadAsync();
        _input.AdvanceTo(first.Buffer.GetPosition(3));
        var rest = await _input.ReadAsync();

        Assert.Equal(Bytes(10)[3..], rest.Buffer.ToArray());
        _input.AdvanceTo(rest.Buffer.End);
        Assert.False(_input.TryRead(out _));
    }

    [Fact]
    public async Task A_read_that_is_cancelled_loses_nothing()
    {
        var read = _input.ReadAsync();

        _input.CancelPendingRead();

        Assert.True((await read).IsCanceled);
        await _sockets.Client.SendAsync(Bytes(10));
        Assert.Equal(Bytes(10), (await _input.ReadAsync()).Buffer.ToArray());
    }

    [Fact]
    public void A_cancellation_before_a_read_is_told_once()
    {
        _input.CancelPendingRead();

        Assert.True(_input.TryRead(out var read) && read.IsCanceled);
        Assert.False(_input.TryRead(out _));
    }

    [Fact]
    public async Task A_token_ends_a_read_that_waits()
    {
        using var patience = new CancellationTokenSource();
        var read = _input.ReadAsync(patience.Token);

        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await read);
    }

    [Fact]
    public async Task A_reset_is_told_as_one()
    {
        var read = _input.ReadAsync();

        _sockets.Client.Close(timeout: 0);

        await Assert.ThrowsAsync<ConnectionResetException>(async () => await read);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connection_that_we_cut_ends_a_read_that_waits(bool stays)
    {
        if (stays) _input.Stay();
        var read = _input.ReadAsync();

        _sockets.Server.Dispose();

        await Assert.ThrowsAsync<ConnectionAbortedException>(async () => await read);
    }

    public void Dispose() => _sockets.Dispose();

    private async Task SendAndEndAsync(byte[] bytes)
    {
        for (var sent = 0; sent < bytes.Length;) sent += await _sockets.Client.SendAsync(bytes.AsMemory(sent));
        _sockets.Client.Shutdown(System.Net.Sockets.SocketShutdown.Send);
    }
}
