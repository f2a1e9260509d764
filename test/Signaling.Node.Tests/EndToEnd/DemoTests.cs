using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

/// <summary>With the demo page.</summary>
public sealed class DemoNode() : NodeFixture("--set", "Demo:Enabled=true");

/// <summary>How the demo page is served; what it does is tested in a browser, by <c>test/demo</c>.</summary>
public sealed partial class DemoTests(DemoNode node) : NodeTests<DemoNode>(node)
{
    private static readonly string[] OnFreePorts = ["--host", "127.0.0.1", "--port", "0", "--health-port", "0"];

    [Fact]
    public async Task Every_file_that_the_page_names_is_there_and_of_its_type()
    {
        var files = FileOfThePage().Matches(await Node.Http.GetStringAsync(Address("/demo"))).Select(file => file.Value);
        var modules = ModuleOfAScript().Matches(await Node.Http.GetStringAsync(Address("/demo/main.js"))).Select(module => "demo/" + module.Groups["file"].Value);

        foreach (var file in files.Concat(modules).Distinct().ToArray())
        {
            using var answer = await Node.Http.GetAsync(Address("/" + file));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal(TypeOf(file), answer.Content.Headers.ContentType?.ToString());
            Assert.NotEmpty(await answer.Content.ReadAsByteArrayAsync());
        }
    }

    [Theory]
    [InlineData("/demo")]
    [InlineData("/demo/main.js")]
    public async Task The_page_may_load_and_connect_to_its_node_only_and_its_files_are_what_they_say(string path)
    {
        using var answer = await Node.Http.GetAsync(Address(path));

        var policy = Header(answer, "Content-Security-Policy").Split("; ");
        Assert.Contains("default-src 'none'", policy);
        Assert.Contains("script-src 'self'", policy);
        Assert.Contains("style-src 'self'", policy);
        Assert.Contains("connect-src 'self'", policy);
        Assert.Contains("frame-ancestors 'none'", policy);
        Assert.Contains("require-trusted-types-for 'script'", policy);
        Assert.DoesNotContain(policy, directive => directive.Contains("unsafe", StringComparison.Ordinal));
        Assert.Equal("nosniff", Header(answer, "X-Content-Type-Options"));
        Assert.Equal("no-referrer", Header(answer, "Referrer-Policy"));
        Assert.Equal("no-cache", Header(answer, "Cache-Control"));
    }

    [Fact]
    public async Task What_a_browser_has_already_is_not_sent_again()
    {
        using var first = await Node.Http.GetAsync(Address("/demo/main.js"));
        using var again = new HttpRequestMessage(HttpMethod.Get, Address("/demo/main.js")) { Headers = { IfNoneMatch = { first.Headers.ETag! } } };
        using var other = new HttpRequestMessage(HttpMethod.Get, Address("/demo/main.js")) { Headers = { IfNoneMatch = { new EntityTagHeaderValue("\"another\"") } } };

        Assert.Equal(HttpStatusCode.NotModified, (await Node.Http.SendAsync(again)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await Node.Http.SendAsync(other)).StatusCode);
    }

    [Fact]
    public async Task A_slash_behind_its_address_leads_to_it()
    {
        using var answer = await Node.Http.GetAsync(Address("/demo/"));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(Address("/demo"), answer.RequestMessage?.RequestUri);
    }

    [Fact]
    public async Task Head_is_answered_without_a_body()
    {
        using var answer = await Node.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, Address("/demo")));

        Assert.Equal((HttpStatusCode.OK, "text/html"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/demo/nope.js")]
    [InlineData("/demo/../appsettings.json")]
    public async Task Other_paths_are_as_without_it(string path)
    {
        using var answer = await Node.Http.GetAsync(Address(path));

        Assert.Equal(HttpStatusCode.UpgradeRequired, answer.StatusCode);
    }

    [Fact]
    public async Task A_websocket_is_taken_at_its_path_too()
    {
        var client = await ConnectAsync("/demo");

        await client.RegisterAsync(Unique("alice"));
    }

    [Fact]
    public async Task It_is_off_by_default()
    {
        await using var node = await NodeProcess.StartAsync();
        using var answer = await Node.Http.GetAsync(new Uri(node.Public, "/demo"));

        Assert.Equal(HttpStatusCode.UpgradeRequired, answer.StatusCode);
        Assert.DoesNotContain(node.Output, line => line.Contains("Demo page", StringComparison.Ordinal));
    }

    [Fact]
    public async Task It_is_on_in_development_and_the_log_says_where()
    {
        await using var node = await NodeProcess.StartAsync(Environment("Development"), OnFreePorts);

        var line = await node.OutputLineAsync(line => line.Contains("Demo page: open ", StringComparison.Ordinal));

        var address = new Uri(AddressInTheLog().Match(line).Value);
        Assert.Equal(new Uri(node.Public, "/demo"), address);
        Assert.Contains("<title>", await Node.Http.GetStringAsync(address), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Production", "[]")]
    [InlineData("Development", """["--set","Demo:Enabled=false"]""")]
    public async Task It_is_off_in_production_and_where_the_operator_says_so(string environment, string arguments)
    {
        var run = await NodeProcess.RunAsync(Environment(environment), ["--check-config", .. System.Text.Json.JsonSerializer.Deserialize<string[]>(arguments)!]);

        Assert.Contains("\"Enabled\": false", string.Join('\n', run.Output), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_listens_everywhere_names_an_address_that_browsers_take()
    {
        await using var node = await NodeProcess.StartAsync(Environment("Development"), ["--host", "*", "--port", "0", "--health-port", "0"]);

        var line = await node.OutputLineAsync(line => line.Contains("Demo page: open ", StringComparison.Ordinal));

        Assert.Contains($"http://localhost:{node.Public.Port}/demo ", line, StringComparison.Ordinal);
    }

    private static Dictionary<string, string> Environment(string name) => new() { ["DOTNET_ENVIRONMENT"] = name };

    private static string Header(HttpResponseMessage answer, string name) => Assert.Single(answer.Headers.GetValues(name));

    private static string TypeOf(string file) => Path.GetExtension(file) switch
    {
        ".js" => "text/javascript; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".svg" => "image/svg+xml",
        var other => throw new ArgumentException(other),
    };

    private Uri Address(string path) => new(Node.Process.Public, path);

    [GeneratedRegex(@"demo/[\w.]+")]
    private static partial Regex FileOfThePage();

    [GeneratedRegex(@"from '\./(?<file>[\w.]+)'")]
    private static partial Regex ModuleOfAScript();

    [GeneratedRegex(@"http://\S+")]
    private static partial Regex AddressInTheLog();
}
