using System.Text;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

/// <summary>The handshake is the first request of its connection.</summary>
public sealed class FirstHandshakeTests(DefaultNode node) : HandshakeTests(node)
{
    protected override Task<RawClient> OpenAsync() => RawClient.ConnectAsync(Node.Process.Clients);

    [Fact]
    public async Task What_begins_a_connection_is_answered_without_http()
    {
        var answer = await RequestAsync(RawClient.Handshake());

        Assert.Equal(["Connection", "Upgrade", "Sec-WebSocket-Accept"], answer.Headers.Keys); // the server's HTTP adds a Date
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n", "Host: node\r\nHost: node\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\n", "", 400)]
    [InlineData("GET / HTTP/1.1\r\n", "Host: no\u0001de\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\n", "Host: node\r\nX: \0\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\n", "Host: node\r\nA B: c\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\n", "Host: node\r\nContent-Length: x\r\n", 400)]
    [InlineData("GET /%00 HTTP/1.1\r\n", "Host: node\r\n", 400)]
    [InlineData("GET nowhere HTTP/1.1\r\n", "Host: node\r\n", 405)]
    [InlineData("GET / HTTP/3.7\r\n", "Host: node\r\n", 505)]
    [InlineData("GET http://node/a HTTP/1.1\r\n", "Host: node\r\n", 101)]
    [InlineData("GET / HTTP/1.1\r\n", "Host: node\r\nX: é\r\n", 101)]
    public async Task What_is_odd_is_left_to_http(string line, string headers, int status)
    {
        var answer = await RequestAsync($"{line}{headers}Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {RawClient.Key}\r\n\r\n");

        Assert.Equal(status, answer.Status);
        Assert.Contains("Date", answer.Headers.Keys);
    }

    [Theory]
    [InlineData(8_000, 101)]
    [InlineData(30_000, 101)]
    [InlineData(33_000, 431)]
    public async Task Long_heads_are_bounded_as_http_bounds_them(int length, int status)
    {
        Assert.Equal(status, (await RequestAsync(RawClient.Handshake(more: $"X: {new string('x', length)}\r\n"))).Status);
    }

    [Theory]
    [InlineData(90, 101)]
    [InlineData(101, 431)]
    public async Task Headers_are_counted_as_http_counts_them(int count, int status)
    {
        Assert.Equal(status, (await RequestAsync(RawClient.Handshake(more: string.Concat(Enumerable.Repeat("X: x\r\n", count))))).Status);
    }
}

/// <summary>The handshake comes behind another request of its connection, so that the server's HTTP reads it.</summary>
public sealed class LaterHandshakeTests(DefaultNode node) : HandshakeTests(node)
{
    protected override async Task<RawClient> OpenAsync()
    {
        var client = await RawClient.ConnectAsync(Node.Process.Clients);
        Assert.Equal(200, (await client.RequestAsync("GET /health HTTP/1.1\r\nHost: node\r\n\r\n")).Status);
        return client;
    }
}

/// <summary>The opening handshake (RFC 6455 §4) as bytes.</summary>
public abstract class HandshakeTests(DefaultNode node) : NodeTests<DefaultNode>(node)
{
    [Theory]
    [InlineData("/")]
    [InlineData("/signal")]
    [InlineData("/ws")]
    [InlineData("/a/b?c=d")]
    [InlineData("/%F0%9F%99%82/%2e%2e/x")]
    [InlineData("/health")]
    [InlineData("/turn-credentials")]
    public async Task Every_path_upgrades(string path)
    {
        var client = Keep(await OpenAsync());

        var answer = await client.RequestAsync(RawClient.Handshake(path: path));

        Assert.Equal(101, answer.Status);
        Assert.Equal(("websocket", "Upgrade"), (answer.Headers["Upgrade"], answer.Headers["Connection"]));
        Assert.Equal("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", answer.Headers["Sec-WebSocket-Accept"]); // of RFC 6455 §1.3's key
        await ExpectPongAsync(client);
    }

    [Theory]
    [InlineData("UPGRADE: WebSocket\r\nCONNECTION: UPGRADE")]
    [InlineData("upgrade: WEBSOCKET\r\nconnection: keep-alive, Upgrade")]
    [InlineData("Upgrade: websocket\r\nConnection: keep-alive\r\nConnection: upgrade")]
    public async Task Names_and_values_are_read_whatever_their_case_and_place(string headers)
    {
        var answer = await RequestAsync($"GET / HTTP/1.1\r\nhost: node\r\n{headers}\r\nsec-websocket-version: 13\r\nSEC-WEBSOCKET-KEY: {RawClient.Key}\r\n\r\n");

        Assert.Equal((101, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), (answer.Status, answer.Headers["Sec-WebSocket-Accept"]));
    }

    [Theory]
    [InlineData("12")]
    [InlineData("8")]
    [InlineData("0")]
    [InlineData("")]
    [InlineData("13, 8")]
    [InlineData("constructor")]
    public async Task Another_version_is_told_the_right_one(string version)
    {
        var answer = await RequestAsync(RawClient.Handshake(version: version));

        Assert.Equal((426, "13"), (answer.Status, answer.Headers["Sec-WebSocket-Version"]));
        Assert.Equal("Sec-WebSocket-Version must be 13 (RFC 6455).\n", answer.Body);
    }

    [Theory]
    [InlineData("")]
    [InlineData("c2hvcnQ=")]
    [InlineData("dGhlIHNhbXBsZSBub25jZTE3")]
    [InlineData("dGhlIHNhbXBsZSBub25jZQ")]
    [InlineData("not base64, not at all!!")]
    public async Task A_key_that_is_not_16_bytes_in_base64_is_refused(string key)
    {
        var answer = await RequestAsync(RawClient.Handshake(key: key));

        Assert.Equal(400, answer.Status);
        Assert.StartsWith("Sec-WebSocket-Key must be 16 bytes in base64", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_key_is_refused()
    {
        var answer = await RequestAsync("GET / HTTP/1.1\r\nHost: node\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n");

        Assert.Equal(400, answer.Status);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    public async Task Only_get_is_upgraded(string method)
    {
        var answer = await RequestAsync(RawClient.Handshake(method));

        Assert.Equal(426, answer.Status);
        Assert.DoesNotContain("Sec-WebSocket-Accept", answer.Headers.Keys);
    }

    [Theory]
    [InlineData("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits")]
    [InlineData("Sec-WebSocket-Extensions: permessage-deflate, permessage-deflate; server_no_context_takeover")]
    [InlineData("Sec-WebSocket-Extensions: constructor")]
    [InlineData("Sec-WebSocket-Extensions: __proto__; a=\"b\", ,;=")]
    [InlineData("Sec-WebSocket-Extensions:")]
    [InlineData("Origin: https://elsewhere.example")]
    [InlineData("Origin: null")]
    public async Task What_the_node_does_not_need_it_declines(string header)
    {
        var client = Keep(await OpenAsync());

        var answer = await client.RequestAsync(RawClient.Handshake(more: header + "\r\n"));

        Assert.Equal(101, answer.Status);
        Assert.DoesNotContain("Sec-WebSocket-Extensions", answer.Headers.Keys);
        await ExpectPongAsync(client);
    }

    [Theory]
    [InlineData("Sec-WebSocket-Protocol: chat.v1\r\n", "chat.v1")]
    [InlineData("Sec-WebSocket-Protocol: second, first\r\n", "second")]
    [InlineData("Sec-WebSocket-Protocol: second\r\nSec-WebSocket-Protocol: first\r\n", "second")]
    [InlineData("Sec-WebSocket-Protocol: no token\r\n", null)]
    [InlineData("", null)]
    public async Task The_first_subprotocol_asked_for_is_chosen(string headers, string? expected)
    {
        var answer = await RequestAsync(RawClient.Handshake(more: headers));

        Assert.Equal((101, expected), (answer.Status, answer.Headers.GetValueOrDefault("Sec-WebSocket-Protocol")));
    }

    [Fact]
    public async Task Frames_behind_the_handshake_in_the_same_segment_are_handled()
    {
        var alice = Unique("alice");
        var client = Keep(await OpenAsync());
        byte[] frames = [.. ClientFrame.Text($$"""{"type":"register","peerId":"{{alice}}"}"""), .. ClientFrame.Text($$"""{"type":"offer","to":"{{alice}}"}""")];

        await client.RequestAsync(RawClient.Handshake(), frames);

        Assert.Equal("registered", (await client.NextMessageAsync()).Type);
        Assert.Equal($$"""{"type":"offer","to":"{{alice}}","from":"{{alice}}"}""", (await client.NextMessageAsync()).Text);
    }

    [Fact]
    public async Task A_handshake_may_come_byte_by_byte()
    {
        var client = Keep(await OpenAsync());
        var handshake = Encoding.ASCII.GetBytes(RawClient.Handshake());
        foreach (var value in handshake[..^1]) await client.SendAsync(new byte[] { value });

        var answer = await client.RequestAsync("", handshake[^1]);

        Assert.Equal(101, answer.Status);
        await ExpectPongAsync(client);
    }

    private static async Task ExpectPongAsync(RawClient client)
    {
        await client.SendTextAsync("""{"type":"ping"}""");
        Assert.Equal("pong", (await client.NextMessageAsync()).Type);
    }

    /// <summary>A connection on which the handshake is to come next.</summary>
    protected abstract Task<RawClient> OpenAsync();

    protected async Task<RawResponse> RequestAsync(string request)
    {
        var client = Keep(await OpenAsync());
        return await client.RequestAsync(request);
    }
}
