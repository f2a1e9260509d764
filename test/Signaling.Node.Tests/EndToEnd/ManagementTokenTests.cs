using System.Net;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

/// <summary>Its operators bring a token.</summary>
public sealed class TokenNode() : NodeFixture("--set", $"Management:Token={Token}")
{
    public const string Token = "an operator's secret";
}

/// <summary>Who may read what operators read (RFC 6750 §2.1, §3).</summary>
public sealed class ManagementTokenTests(TokenNode node) : NodeTests<TokenNode>(node)
{
    [Theory]
    [InlineData("/stats", null, HttpStatusCode.Unauthorized)]
    [InlineData("/health", null, HttpStatusCode.Unauthorized)]
    [InlineData("/nowhere", null, HttpStatusCode.Unauthorized)]
    [InlineData("/health/live/../../stats", null, HttpStatusCode.Unauthorized)]
    [InlineData("/stats", "Bearer " + TokenNode.Token + "x", HttpStatusCode.Unauthorized)]
    [InlineData("/stats", "Bearer", HttpStatusCode.Unauthorized)]
    [InlineData("/stats", "Basic " + TokenNode.Token, HttpStatusCode.Unauthorized)]
    [InlineData("/stats", "Bearer " + TokenNode.Token, HttpStatusCode.OK)]
    [InlineData("/stats", "bearer " + TokenNode.Token, HttpStatusCode.OK)]
    [InlineData("/health/live", null, HttpStatusCode.OK)]
    [InlineData("/health/ready", null, HttpStatusCode.OK)]
    public async Task Only_who_brings_the_token_is_answered(string path, string? authorization, HttpStatusCode status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Node.Process.Management, path));
        if (authorization is not null) request.Headers.TryAddWithoutValidation("Authorization", authorization);

        using var answer = await Node.Http.SendAsync(request);

        Assert.Equal(status, answer.StatusCode);
        Assert.Equal(status == HttpStatusCode.Unauthorized, answer.Headers.WwwAuthenticate.ToString() == "Bearer");
    }

    [Fact]
    public async Task The_clients_endpoint_asks_for_none()
    {
        using var answer = await Node.Http.GetAsync(new Uri(Node.Process.Public, "/health"));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }
}

/// <summary>What operators read, encrypted; and who is warned.</summary>
public sealed class ManagementTlsTests : IDisposable
{
    private readonly TestCertificate _certificate = new();

    [Fact]
    public async Task Management_is_served_over_tls_and_the_health_command_asks_it_so()
    {
        string[] settings = ["--set", $"Management:Tls:Certificate={_certificate.PemWithKey}", "--set", $"Management:Token={TokenNode.Token}"];
        await using var node = await NodeProcess.StartAsync(settings);
        using var http = new HttpClient(_certificate.CreateHandler());

        using var answer = await http.GetAsync(new Uri(node.Management, "/health/ready"));
        var probe = await NodeProcess.RunAsync(["health", "--health-port", $"{node.Management.Port}", .. settings]);

        Assert.Equal(("https", HttpStatusCode.OK), (node.Management.Scheme, answer.StatusCode));
        Assert.Equal((0, "ready"), (probe.ExitCode, Assert.Single(probe.Output)));
    }

    [Fact]
    public async Task The_health_command_trusts_no_other_certificate()
    {
        using var other = new TestCertificate();
        await using var node = await NodeProcess.StartAsync("--set", $"Management:Tls:Certificate={_certificate.PemWithKey}");

        var probe = await NodeProcess.RunAsync("health", "--health-port", $"{node.Management.Port}", "--set", $"Management:Tls:Certificate={other.PemWithKey}");

        Assert.Equal(1, probe.ExitCode);
    }

    [Fact]
    public async Task Who_opens_management_to_all_is_warned_unless_there_is_a_token()
    {
        await using var open = await NodeProcess.StartAsync("--set", "Management:Host=*");
        await using var closed = await NodeProcess.StartAsync("--set", "Management:Host=*", "--set", $"Management:Token={TokenNode.Token}");
        await using var local = await NodeProcess.StartAsync();

        await open.OutputLineAsync(IsWarning);
        Assert.DoesNotContain(closed.Output, IsWarning);
        Assert.DoesNotContain(local.Output, IsWarning);

        static bool IsWarning(string line) => line.Contains("set Management:Token", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_lets_all_connect_is_warned_that_nobody_is_authenticated()
    {
        await using var open = await NodeProcess.StartAsync("--set", "Listen:Host=*");
        await using var local = await NodeProcess.StartAsync();

        await open.OutputLineAsync(IsWarning);
        Assert.DoesNotContain(local.Output, IsWarning);

        static bool IsWarning(string line) => line.Contains(" warn: ", StringComparison.Ordinal) && line.Contains("may register any peerId", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_short_token_is_refused_and_not_shown()
    {
        var run = await NodeProcess.RunAsync("--check-config", "--set", "Management:Token=short-secret");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("Signaling:Management:Token", Assert.Single(run.Errors), StringComparison.Ordinal);
        Assert.DoesNotContain("short-secret", run.Errors[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Secrets_are_masked()
    {
        var run = await NodeProcess.RunAsync("--check-config", "--set", $"Management:Token={TokenNode.Token}", "--set", "Management:Tls:Password=opensesame");

        Assert.Equal(0, run.ExitCode);
        Assert.DoesNotContain(run.Output, line => line.Contains(TokenNode.Token, StringComparison.Ordinal) || line.Contains("opensesame", StringComparison.Ordinal));
    }

    public void Dispose() => _certificate.Dispose();
}
