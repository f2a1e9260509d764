using Signaling.Node.Configuration;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

public sealed class CommandLineTests : IDisposable
{
    private static readonly IReadOnlyDictionary<string, string> NoEnvironment = new Dictionary<string, string>();

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Help_names_every_option()
    {
        var run = await NodeProcess.RunAsync("--help");

        Assert.Equal(0, run.ExitCode);
        Assert.Empty(run.Errors);
        var help = string.Join('\n', run.Output);
        Assert.All(
            ["--host", "--port", "--health-port", "--config", "--set", "--check-config", "--help", "--version", "(HOST)", "(PORT)", "(HEALTH_PORT)", "9001", "9002"],
            name => Assert.Contains(name, help, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Version_is_the_nodes_version_and_nothing_else()
    {
        var run = await NodeProcess.RunAsync("--version");

        Assert.Equal(0, run.ExitCode);
        Assert.Matches(@"^\d+\.\d+\.\d+(-[\w.]+)?$", Assert.Single(run.Output));
        Assert.Empty(run.Errors);
    }

    [Fact]
    public async Task The_configuration_is_shown_as_json_with_its_secrets_masked()
    {
        var shown = await CheckAsync(NoEnvironment, "--set", "Tls:Password=opensesame", "--set", "Turn:Secret=north", "--set", "Turn:Urls:0=turn:turn.example.org");

        Assert.Equal(("***", "***"), (Section(shown, "Tls").Value("Password"), Section(shown, "Turn").Value("Secret")));
        Assert.Equal("turn:turn.example.org", Section(shown, "Turn").Json.GetProperty("Urls")[0].GetString());
        Assert.DoesNotContain("opensesame", shown.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("north", shown.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whatever_is_called_a_secret_is_masked()
    {
        var secrets = StringSettings(typeof(NodeOptions)).Where(path => path.EndsWith("Password", StringComparison.Ordinal)
            || path.EndsWith("Secret", StringComparison.Ordinal) || path.EndsWith("Token", StringComparison.Ordinal)).ToArray();

        var shown = await CheckAsync(NoEnvironment, [.. secrets.SelectMany(path => new[] { "--set", $"{path}=opensesame-opensesame" })]);

        Assert.True(secrets.Length >= 4);
        Assert.DoesNotContain("opensesame", shown.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_that_is_not_set_is_shown_as_such()
    {
        var shown = await CheckAsync(NoEnvironment);

        Assert.Equal(("", ""), (Section(shown, "Tls").Value("Password"), Section(shown, "Turn").Value("Secret")));
    }

    [Fact]
    public async Task The_command_line_wins_over_the_short_variables_over_the_environment_over_the_file_over_the_defaults()
    {
        var file = _folder.Write("node.json", """
            {
              "Signaling": {
                "Connection": { "MaxPeerIds": 11 },
                "Mailbox": { "Capacity": 11 },
                "Listen": { "Host": "127.0.0.11", "Port": 1011 },
                "Management": { "Port": 2011 }
              }
            }
            """);
        var environment = new Dictionary<string, string>
        {
            ["Signaling__Mailbox__Capacity"] = "12",
            ["Signaling__Listen__Host"] = "127.0.0.12",
            ["Signaling__Listen__Port"] = "1012",
            ["Signaling__Management__Port"] = "2012",
            ["HOST"] = "127.0.0.13",
            ["PORT"] = "1013",
            ["HEALTH_PORT"] = "2013",
        };

        var shown = await CheckAsync(environment, "--config", file, "--port", "1014", "--set", "Management:Port=2014");

        Assert.Equal(1_000_000, Section(shown, "Connection").Number("MaxMessageBytes"));
        Assert.Equal(11, Section(shown, "Connection").Number("MaxPeerIds"));
        Assert.Equal(12, Section(shown, "Mailbox").Number("Capacity"));
        Assert.Equal("127.0.0.13", Section(shown, "Listen").Value("Host"));
        Assert.Equal((1014, 2014), (Section(shown, "Listen").Number("Port"), Section(shown, "Management").Number("Port")));
    }

    [Fact]
    public async Task Every_option_sets_what_it_says()
    {
        var shown = await CheckAsync(
            NoEnvironment, "--host", "127.0.0.5", "--port", "1234", "--health-port", "2345", "--set", "Mailbox:Capacity=7", "--set", "Signaling:Mailbox:TimeToLive=00:05:00");

        Assert.Equal(("127.0.0.5", 1234L), (Section(shown, "Listen").Value("Host"), Section(shown, "Listen").Number("Port")));
        Assert.Equal(2345, Section(shown, "Management").Number("Port"));
        Assert.Equal((7L, "00:05:00"), (Section(shown, "Mailbox").Number("Capacity"), Section(shown, "Mailbox").Value("TimeToLive")));
    }

    [Fact]
    public async Task Without_any_setting_the_node_listens_where_the_protocol_says()
    {
        var shown = await CheckAsync(NoEnvironment);

        Assert.Equal(9001, Section(shown, "Listen").Number("Port"));
        Assert.Equal(("127.0.0.1", 9002L), (Section(shown, "Management").Value("Host"), Section(shown, "Management").Number("Port")));
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<Received> CheckAsync(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var run = await NodeProcess.RunAsync(environment, ["--check-config", .. arguments]);
        Assert.Equal("", string.Join('\n', run.Errors));
        Assert.Equal(0, run.ExitCode);
        return new Received(string.Join('\n', run.Output));
    }

    private static IEnumerable<string> StringSettings(Type options, string prefix = "") => options.GetProperties().SelectMany(property =>
        property.PropertyType == typeof(string) ? [prefix + property.Name]
        : property.PropertyType.IsClass ? StringSettings(property.PropertyType, $"{prefix}{property.Name}:")
        : []);

    private static Received Section(Received shown, string name) => shown.Inner("Signaling").Inner(name);
}
