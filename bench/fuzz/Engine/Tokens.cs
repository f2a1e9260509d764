using System.Text;
using System.Text.Json;
using Signaling.Actors.Protocol;

namespace Signaling.Fuzz.Engine;

/// <summary>What the inputs of the targets are made of, and what parsers stumble over.</summary>
internal static class Tokens
{
    private static readonly byte[][] NoUtf8 =
    [
        [0xFF], [0x80], [0xC0, 0xAF], [0xE0, 0x80, 0xAF], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80], [0xF0, 0x9F, 0x98], [0xE2, 0x82], [0xC3],
    ];

    private static readonly byte[][] Utf8 =
        Bytes("\0", "\u007F", "é", "€", "😀", "\u00A0", "\u0085", "\u200B", "\u2028", "\u202E", "\uFEFF", "\uFFFE", "\uE000", "\U0010FFFF");

    /// <summary>Of JSON, and of the protocol's messages.</summary>
    public static readonly byte[][] Json =
    [
        .. Enum.GetValues<MessageType>().Where(type => type != MessageType.Unknown).SelectMany(type => Bytes($"\"{type.Name()}\"", $"{{\"type\":\"{type.Name()}\"}}\n")),
        .. Enum.GetValues<EnvelopeKey>().Select(key => JsonNamingPolicy.CamelCase.ConvertName($"{key}")).SelectMany(key => Bytes($"\"{key}\"", $"\"{key}\":null,")),
        .. Bytes(
            "\"registered\"", "\"receipt\"", "\"offline-message\"", "\"server-shutdown\"", "\"__proto__\":{},",
            "\"alice\"", "\"bob\"", "\"carol\"", "\"a\"", "\"all\"", "\"related\"", "\"watched\"", "\"none\"", "[\"bob\",\"carol\"]",
            "\"to\":\"bob\",", "\"to\":\"alice\",", "\"from\":\"mallory\",", "\"\\u0066rom\":\"mallory\",", "\"t\\u006f\":\"bob\",", "\"typ\\u0065\":\"ping\",",
            "\"receipt\":true,", "\"acks\":true,", "\"id\":\"m1\",", "\"seq\":12884901889,", "\"payload\":0,", "\"presence\":\"none\",", "\"timestamp\":0e5,",
            "true", "false", "null", "\"\"", "[]", "{}", "{", "}", "[", "]", ":", ",", "\"", "\\", "\n", "\t", " ",
            "0", "-0", "1", "-1", "0e0", "1.0", "01", "1.", ".1", "1e", "+1", "NaN", "Infinity", "0x10", "1e400", "-1e400", "1e-400", "1E+2", "2147483648", "9007199254740993",
            "9223372036854775807", "9223372036854775808", "18446744073709551616", "12884901889", "4.9406564584124654e-324", new string('9', 400), "0." + new string('0', 400) + "1",
            "\\\"", "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t", "\\u0000", "\\u0022", "\\u005c", "\\u000a", "\\u0061", "\\uD83D\\uDE00", "\\ud800", "\\udfff", "\\uDE00\\uD83D", "\\ud800\\u0041",
            "\\u", "\\u12", "\\u00G0", "\\U0041", "\\x41", "\"\\ud800\"", "\"\\ud800\":1,",
            new string('[', 15), new string('[', 99), new string('[', 101), new string(']', 99), string.Concat(Enumerable.Repeat("{\"a\":", 16)), string.Concat(Enumerable.Repeat("{\"a\":", 100)), new string('}', 100),
            "/*", "*/", "//", "'", ",}", ",]",
            new string('x', 63), new string('x', 255), new string('x', 257), new string('y', 4_096), $"\"{new string('z', 64)}\"", $"\"{new string('z', 256)}\"", $"\"{new string('z', 257)}\""),
        .. Utf8,
        .. NoUtf8,
    ];

    /// <summary>Of a client's frames: headers whose masking key is zero, so that what follows is what it seems to be; and of the text in them.</summary>
    public static readonly byte[][] Frames =
    [
        .. from start in (byte[])[0x01, 0x02, 0x00, 0x80, 0x81, 0x82, 0x88, 0x89, 0x8A, 0x08, 0x09, 0x83, 0x8B, 0xC1, 0xA1, 0x91]
           from length in (byte[])[0, 1, 2, 5, 125]
           select (byte[])[start, (byte)(0x80 | length), 0, 0, 0, 0],
        [0x81, 0xFE, 0, 125, 0, 0, 0, 0], [0x81, 0xFE, 0, 126, 0, 0, 0, 0], [0x82, 0xFE, 0xFF, 0xFF, 0, 0, 0, 0], [0x01, 0xFE, 1, 0, 0, 0, 0, 0],
        [0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0], [0x82, 0xFF, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0], [0x82, 0xFF, 0, 0, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0],
        [0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0], [0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [0x89, 0xFE, 0, 126, 0, 0, 0, 0],
        [0x81, 0x05], [0x81, 0x85, 1, 2, 3, 4], [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8], [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xED], [0x88, 0x82, 0, 0, 0, 0, 0x0B, 0xB8], [0x88, 0x81, 0, 0, 0, 0, 0x03],
        .. Utf8,
        .. NoUtf8,
    ];

    /// <summary>Of an HTTP request that asks for a WebSocket.</summary>
    public static readonly byte[][] Http =
    [
        .. Bytes(
            "GET ", "POST ", "get ", "CONNECT ", "/", "/.", "/../", "//", "*", "?", "?uid=a", "#", "%2F", "%00", "%", "http://node/", "node:443", " HTTP/1.1", " HTTP/1.0", " HTTP/2.0", " HTTP/1.1\r\n",
            "Host: node\r\n", "Host: [::1]:9001\r\n", "Host:\r\n", "host: a/b\r\n", "Upgrade: websocket\r\n", "Upgrade: h2c, WebSocket\r\n", "Connection: keep-alive, Upgrade\r\n", "Connection: close\r\n",
            "Sec-WebSocket-Version: 13\r\n", "Sec-WebSocket-Version: 8\r\n", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "Sec-WebSocket-Key: AAAA\r\n", "Sec-WebSocket-Protocol: a, b\r\n",
            "Sec-WebSocket-Protocol: \"a\"\r\n", "Sec-WebSocket-Extensions: permessage-deflate\r\n", "Content-Length: 0\r\n", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "Origin: https://app.example\r\n",
            "X-Forwarded-For: 192.0.2.1\r\n", "X: 1\r\n", " folded\r\n", ": empty\r\n", "X y: z\r\n", "no colon\r\n", "\r\n", "\r\n\r\n", "\n", "\r", "\t", " ", ":", ",", ";", "\"", "\0", "\u007F", "==", "=",
            new string('a', 129), new string('/', 300), new string('h', 4_096), string.Concat(Enumerable.Repeat("X: 1\r\n", 99))),
        .. Utf8,
        .. NoUtf8,
    ];

    /// <summary>Of JSON Web Tokens, key sets, patterns of peer ids, a webhook's answers and registrations with a proof.</summary>
    public static readonly byte[][] Auth =
    [
        .. Bytes(
            ".", "..", "=", "e30", "eyJhbGciOiJIUzI1NiJ9", "eyJhbGciOiJub25lIn0", "eyJhbGciOiJSUzI1NiJ9", "eyJhbGciOiJIUzI1NiIsImNyaXQiOlsiYjY0Il19", "AAAA", "_-", "alice", "alice*", "*", "**", "\n",
            "{\"type\":\"register\",\"peerId\":\"alice\",\"proof\":", "{\"type\":\"register\",\"peerId\":\"alice\",\"token\":\"x\"}", "\"algorithm\":\"Ed25519\",", "\"algorithm\":\"ES256\",", "\"audience\":\"fuzz\",",
            "\"nonce\":\"n\",", "\"key\":\"\",", "\"signature\":\"\",", "{\"keys\":[", "\"kty\":\"EC\",", "\"kty\":\"RSA\",", "\"kty\":\"oct\",", "\"crv\":\"P-256\",", "\"use\":\"sig\",", "\"x\":\"\",", "\"n\":\"AQAB\",", "\"e\":\"AQAB\",",
            "{\"allow\":true", "{\"allow\":false", ",\"reach\":[\"a*\"]", ",\"expiresInSeconds\":1e300", ",\"expiresInSeconds\":-1", ",\"cacheSeconds\":0.5", ",\"reason\":\"\\ud800\"", "}", "{}", "[]", "null", "\"\""),
        .. Utf8,
        .. NoUtf8,
    ];

    private static byte[][] Bytes(params string[] texts) => [.. texts.Select(Encoding.UTF8.GetBytes)];
}
