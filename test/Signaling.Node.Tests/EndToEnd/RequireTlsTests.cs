using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

/// <summary>Takes clients by TLS only, which a proxy on this machine ends.</summary>
public sealed class SecureOnlyNode() : NodeFixture("--set", "Connection:RequireTls=true");

/// <summary>Who came without TLS is refused, whichever way its handshake is read.</summary>
public sealed class RequireTlsTests(SecureOnlyNode node) : NodeTests<SecureOnlyNode>(node)
{
    [Theory]
    [InlineData("", 403)]
    [InlineData("X-Forwarded-Proto: https\r\n", 101)]
    [InlineData("X-Forwarded-Proto: wss\r\n", 101)]
    [InlineData("x-forwarded-proto: HTTPS\r\n", 101)]
    [InlineData("X-Forwarded-Proto: http\r\n", 403)]
    [InlineData("X-Forwarded-Proto: ws\r\n", 403)]
    [InlineData("X-Forwarded-Proto:\r\n", 403)]
    [InlineData("X-Forwarded-Proto: https, http\r\n", 403)]
    [InlineData("X-Forwarded-Proto: https\r\nX-Forwarded-Proto: http\r\n", 403)]
    [InlineData("X-Forwarded-Ssl: on\r\n", 403)]
    public async Task A_client_came_as_the_proxy_says(string header, int status)
    {
        var first = Keep(await RawClient.ConnectAsync(Node.Process.Clients));
        ExpectSentence(status, await first.RequestAsync(RawClient.Handshake(more: header)));

        var later = Keep(await RawClient.ConnectAsync(Node.Process.Clients)); // behind another request, where the server's HTTP reads it
        Assert.Equal(200, (await later.RequestAsync("GET /health HTTP/1.1\r\nHost: node\r\n\r\n")).Status);
        ExpectSentence(status, await later.RequestAsync(RawClient.Handshake(more: header)));
    }

    [Fact]
    public async Task What_a_request_says_of_its_own_scheme_counts_for_nothing()
    {
        var client = Keep(await RawClient.ConnectAsync(Node.Process.Clients));

        Assert.Equal(403, (await client.RequestAsync(RawClient.Handshake(path: "https://node/"))).Status);
    }

    [Fact]
    public async Task A_client_by_tls_to_the_node_needs_no_proxy()
    {
        using var certificate = new TestCertificate();
        await using var secure = await NodeProcess.StartAsync("--set", "Connection:RequireTls=true", "--set", $"Tls:Certificate={certificate.PemWithKey}");

        await using var client = await SignalingClient.ConnectAsync(secure.Clients, certificate.UseHttp1);
        await client.RegisterAsync("alice");
        using var invoker = certificate.CreateInvoker();
        await using var second = await SignalingClient.ConnectAsync(secure.Clients, TestCertificate.UseHttp2, invoker);
        await second.RegisterAsync("bob");
    }

    private static void ExpectSentence(int status, RawResponse answer)
    {
        Assert.Equal(status, answer.Status);
        if (status == 403) Assert.Equal("Clients connect here by TLS only: use wss://.\n", answer.Body);
    }
}
