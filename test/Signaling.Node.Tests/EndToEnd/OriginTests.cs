using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

/// <summary>Takes the pages of one app.</summary>
public sealed class OneAppNode() : NodeFixture("--set", "Connection:AllowedOrigins:0=https://app.example.org");

/// <summary>A page of another site cannot use its visitors' browsers to connect (cross-site WebSocket hijacking, RFC 6455 §10.2).</summary>
public sealed class OriginTests(OneAppNode node) : NodeTests<OneAppNode>(node)
{
    [Theory]
    [InlineData("", 101)]
    [InlineData("Origin: https://app.example.org\r\n", 101)]
    [InlineData("Origin: https://evil.example.org\r\n", 403)]
    [InlineData("Origin: null\r\n", 403)]
    [InlineData("Origin: https://app.example.org\r\nOrigin: https://evil.example.org\r\n", 403)]
    public async Task Only_pages_of_the_app_connect(string origin, int status)
    {
        var first = Keep(await RawClient.ConnectAsync(Node.Process.Clients));
        Assert.Equal(status, (await first.RequestAsync(RawClient.Handshake(more: origin))).Status);

        var later = Keep(await RawClient.ConnectAsync(Node.Process.Clients)); // behind another request, where the server's HTTP reads it
        Assert.Equal(200, (await later.RequestAsync("GET /health HTTP/1.1\r\nHost: node\r\n\r\n")).Status);
        Assert.Equal(status, (await later.RequestAsync(RawClient.Handshake(more: origin))).Status);
    }

    [Fact]
    public async Task What_is_no_origin_is_refused_at_start()
    {
        var run = await NodeProcess.RunAsync("--check-config", "--set", "Connection:AllowedOrigins:0=app.example.org");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("Signaling:Connection:AllowedOrigins: 'app.example.org'", Assert.Single(run.Errors), StringComparison.Ordinal);
    }
}
