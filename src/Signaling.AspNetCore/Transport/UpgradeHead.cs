using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core.Internal.Http;
using HttpVersion = Microsoft.AspNetCore.Server.Kestrel.Core.Internal.Http.HttpVersion;

namespace Signaling.AspNetCore.Transport;

/// <summary>Reads the head of an ordinary HTTP/1.1 request without a body, with Kestrel's own parser (RFC 9112). What is odd in any way is left to Kestrel's
/// HTTP, which knows what to answer.</summary>
internal sealed class UpgradeHead : IHttpRequestLineHandler, IHttpHeadersHandler
{
    private const int MaxBytes = 8_192;
    private const int MaxHeaders = 100;

    private static readonly SearchValues<byte> HostChars = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_:[]"u8);
    private static readonly HttpParser<UpgradeHead> Parser = new(showErrorDetails: false);

    private readonly IHeaderDictionary _headers = new HeaderDictionary(capacity: 16);
    private string _path = "";
    private string _query = "";
    private int _count;
    private bool _isOdd;

    private UpgradeHead()
    {
    }

    /// <summary>Reads what has arrived first on a connection.</summary>
    /// <param name="input">From the connection's first byte on.</param>
    /// <param name="request">What it asks.</param>
    /// <param name="end">Behind the head.</param>
    /// <returns>False where this is not the whole of an ordinary head.</returns>
    public static bool TryRead(ReadOnlySequence<byte> input, [NotNullWhen(true)] out UpgradeRequest? request, out SequencePosition end)
    {
        var head = new UpgradeHead();
        var reader = new SequenceReader<byte>(input.Slice(0, Math.Min(MaxBytes, input.Length)));
        (request, end) = (null, default);
        if (!reader.IsNext("GET "u8)) return false;
        try
        {
            if (!Parser.ParseRequestLine(head, ref reader) || head._isOdd || !Parser.ParseHeaders(head, ref reader)) return false;
        }
        catch (BadHttpRequestException)
        {
            return false;
        }
        if (head._isOdd || head._headers.Host.Count != 1 || HasLoneLineFeed(input.Slice(0, reader.Position))) return false;
        (request, end) = (new UpgradeRequest(HttpMethods.Get, head._path, head._query, head._headers), reader.Position);
        return true;
    }

    void IHttpRequestLineHandler.OnStartLine(HttpVersionAndMethod versionAndMethod, TargetOffsetPathLength targetPath, Span<byte> startLine)
    {
        var target = startLine[targetPath.Offset..];
        var path = target[..targetPath.Length];
        // Kestrel decodes paths, takes their dots away, and knows the other forms of a target.
        _isOdd = versionAndMethod.Version != HttpVersion.Http11 || targetPath.IsEncoded || !path.StartsWith((byte)'/') || path.IndexOf("/."u8) >= 0 || !IsPrintable(target);
        (_path, _query) = (Encoding.ASCII.GetString(path), Encoding.ASCII.GetString(target[path.Length..]));
    }

    void IHttpHeadersHandler.OnHeader(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var key = Encoding.ASCII.GetString(name);                   // what is not ASCII becomes '?', which is in no token
        var isWrong = !WebSocketHandshake.IsToken(key) || !IsPrintable(value);
        var announcesBody = Ascii.EqualsIgnoreCase(name, "content-length"u8) || Ascii.EqualsIgnoreCase(name, "transfer-encoding"u8);
        var isWrongHost = Ascii.EqualsIgnoreCase(name, "host"u8) && (value.IsEmpty || value.ContainsAnyExcept(HostChars));
        _isOdd |= isWrong || announcesBody || isWrongHost || ++_count > MaxHeaders;
        if (!_isOdd) _headers.Append(key, Encoding.ASCII.GetString(value));
    }

    void IHttpHeadersHandler.OnHeadersComplete(bool endStream)
    {
    }

    void IHttpHeadersHandler.OnStaticIndexedHeader(int index) => throw new NotSupportedException("HTTP/1.1 has no such headers.");

    void IHttpHeadersHandler.OnStaticIndexedHeader(int index, ReadOnlySpan<byte> value) => throw new NotSupportedException("HTTP/1.1 has no such headers.");

    /// <summary>The parser takes a line feed alone for the end of a line, but not wherever reads cut the head: an empty value makes a difference then.</summary>
    private static bool HasLoneLineFeed(ReadOnlySequence<byte> head)
    {
        var reader = new SequenceReader<byte>(head);
        while (reader.TryReadTo(out ReadOnlySpan<byte> line, (byte)'\n'))
        {
            if (line is not [.., (byte)'\r']) return true;
        }
        return false;
    }

    private static bool IsPrintable(ReadOnlySpan<byte> text) => !text.ContainsAnyExceptInRange((byte)' ', (byte)'~');
}
