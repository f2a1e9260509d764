using System.Buffers;
using System.Text;
using Signaling.AspNetCore.Transport;

namespace Signaling.Node.Tests.Transport;

/// <summary>Which heads are read before the server's HTTP.</summary>
public sealed class UpgradeHeadSpecs
{
    private const string Head = "GET /a/b?c=%64 HTTP/1.1\r\nHost: [::1]:9001\r\nOrigin: https://app.example\r\nX: 1\r\nx:  2 \r\n\r\n";

    [Fact]
    public void A_head_is_read_up_to_its_end()
    {
        var input = Input(Head + "GET ");

        Assert.True(UpgradeHead.TryRead(input, out var request, out var end));
        Assert.Equal(("GET", "/a/b", "?c=%64"), (request.Method, request.Path, request.Query));
        Assert.Equal(("[::1]:9001", "https://app.example", "1,2"), (request.Headers.Host.ToString(), request.Headers.Origin.ToString(), request.Headers["X"].ToString()));
        Assert.Equal("GET ", Encoding.ASCII.GetString(input.Slice(end)));
    }

    [Fact]
    public void A_head_may_lie_in_pieces()
    {
        for (var cut = 1; cut < Head.Length; cut++)
        {
            var first = new Piece(Bytes(Head[..cut]), 0);
            var last = first.Append(Bytes(Head[cut..]));

            Assert.True(UpgradeHead.TryRead(new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length), out var request, out _));
            Assert.Equal("1,2", request.Headers["X"].ToString());
        }
    }

    [Fact]
    public void A_head_that_is_not_whole_is_left_alone()
    {
        for (var length = 0; length < Head.Length; length++) Assert.False(UpgradeHead.TryRead(Input(Head[..length]), out _, out _));
    }

    [Theory]
    [InlineData("POST / HTTP/1.1", "Host: node")]
    [InlineData("GET / HTTP/1.0", "Host: node")]
    [InlineData("GET * HTTP/1.1", "Host: node")]
    [InlineData("GET http://node/ HTTP/1.1", "Host: node")]
    [InlineData("GET /%2F HTTP/1.1", "Host: node")]
    [InlineData("GET /../a HTTP/1.1", "Host: node")]
    [InlineData("GET /é HTTP/1.1", "Host: node")]
    [InlineData("GET /", "Host: node")]
    [InlineData("GET / HTTP/1.1", "X: no host")]
    [InlineData("GET / HTTP/1.1", "Host: node\r\nHost: node")]
    [InlineData("GET / HTTP/1.1", "Host:")]
    [InlineData("GET / HTTP/1.1", "Host: node/path")]
    [InlineData("GET / HTTP/1.1", "Host: node\r\nX: é")]
    [InlineData("GET / HTTP/1.1", "Host: node\r\nX: a\u0001b")]
    [InlineData("GET / HTTP/1.1", "Host: node\r\nX:\ny: z")]
    [InlineData("GET / HTTP/1.1\nX: 1", "Host: node")]
    [InlineData("GET / HTTP/1.1", "Host: node\r\nX y: z")]
    [InlineData("GET / HTTP/1.1", "Host: node\r\nX(y): z")]
    [InlineData("GET / HTTP/1.1", "Host: node\r\n folded: line")]
    [InlineData("GET / HTTP/1.1", "Host: node\r\nno colon")]
    [InlineData("GET / HTTP/1.1", "Host: node\r\nContent-Length: 0")]
    [InlineData("GET / HTTP/1.1", "Host: node\r\nTransfer-Encoding: chunked")]
    public void What_is_odd_is_left_alone(string line, string headers)
    {
        Assert.False(UpgradeHead.TryRead(Input($"{line}\r\n{headers}\r\n\r\n"), out _, out _));
    }

    private static ReadOnlySequence<byte> Input(string text) => new(Bytes(text));

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(byte[] bytes, long index) => (Memory, RunningIndex) = (bytes, index);

        public Piece Append(byte[] bytes)
        {
            var next = new Piece(bytes, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
