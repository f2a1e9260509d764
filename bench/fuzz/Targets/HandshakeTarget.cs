using System.Buffers;
using System.Text;
using Signaling.AspNetCore.Transport;
using Signaling.Fuzz.Engine;
using static Signaling.Fuzz.Engine.FuzzFailureException;

namespace Signaling.Fuzz.Targets;

/// <summary>What reads the first bytes of a connection before the server's HTTP does, and the rules of the handshake.</summary>
internal sealed class HandshakeTarget : IFuzzTarget
{
    public string Name => "handshake";

    public IReadOnlyList<byte[]> Tokens => Engine.Tokens.Http;

    public void Dispose()
    {
    }

    public void Run(ReadOnlySpan<byte> input, Outcomes outcomes)
    {
        var bytes = input.ToArray();
        var (head, end) = Read(new ReadOnlySequence<byte>(bytes));
        foreach (var cut in (ReadOnlySpan<int>)[1, 7, 1 + (input.Length * 7 % 64)])
            Unless(Read(InPieces(bytes, cut)) == (head, end), $"In pieces of {cut} the bytes mean something else.");
        if (head is null)
        {
            outcomes.Add("left to HTTP");
            return;
        }

        Unless(Read(new ReadOnlySequence<byte>(bytes, 0, (int)end)) == (head, end), "What follows a head changes it.");
        Unless(Read(new ReadOnlySequence<byte>(bytes, 0, (int)end - 1)).Head is null, "A head is whole before its end.");
        Unless(head.All(char.IsAscii) && head.StartsWith("GET /", StringComparison.Ordinal), "An odd head is not left to HTTP.");
        UpgradeHead.TryRead(new ReadOnlySequence<byte>(bytes), out var request, out _);
        outcomes.Add(Judge(request!));
    }

    private static string Judge(UpgradeRequest request)
    {
        var headers = request.Headers;
        if (!WebSocketHandshake.IsRequested(request.Method, headers)) return "not for a WebSocket";
        if (!WebSocketHandshake.HasVersion(headers)) return "another version";
        if (!WebSocketHandshake.TryAnswerKey(headers, out var accept)) return "no key";
        Unless(accept.Length == 28, "An answer to a key is no SHA-1 in Base64.");
        var protocol = WebSocketHandshake.Protocol(headers);
        Unless(protocol is null || WebSocketHandshake.IsToken(protocol), "A subprotocol is no token.");
        return protocol is null ? "upgraded" : "upgraded, with a subprotocol";
    }

    /// <returns>The request in one line, and where it ends; null where it is left to HTTP.</returns>
    private static (string? Head, long End) Read(ReadOnlySequence<byte> input)
    {
        if (!UpgradeHead.TryRead(input, out var request, out var end)) return default;
        var head = new StringBuilder($"{request.Method} {request.Path}{request.Query}");
        foreach (var (name, value) in request.Headers) head.Append($"|{name}: {value}");
        return (head.ToString(), input.Slice(0, end).Length);
    }

    private static ReadOnlySequence<byte> InPieces(byte[] bytes, int cut)
    {
        if (bytes.Length <= cut) return new ReadOnlySequence<byte>(bytes);
        var first = new Piece(bytes.AsMemory(0, cut), 0);
        var last = first;
        for (var at = cut; at < bytes.Length; at += cut) last = last.Append(bytes.AsMemory(at, Math.Min(cut, bytes.Length - at)));
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> bytes, long index) => (Memory, RunningIndex) = (bytes, index);

        public Piece Append(ReadOnlyMemory<byte> bytes)
        {
            var next = new Piece(bytes, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
