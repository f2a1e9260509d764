using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

/// <summary>Whatever an operator got wrong is told in one line of standard error that names it; exit code 1.</summary>
public sealed class FailedStartTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("--no-such-option", "'--no-such-option'")]
    [InlineData("--port", "--port")]
    [InlineData("--set Mailbox", "--set takes path=value")]
    [InlineData("--config no-such-file.json", "'no-such-file.json'")]
    [InlineData("--set Mailbox:Capacity=0", "Signaling:Mailbox:Capacity must be between 1 and 10000")]
    [InlineData("--set Stats:LogInterval=00:00:00", "Signaling:Stats:LogInterval must be between 00:00:01 and 1.00:00:00")]
    [InlineData("--port 65536", "Signaling:Listen:Port must be between 0 and 65535")]
    [InlineData("--port http", "Signaling:Listen:Port: 'http' is no whole number")]
    [InlineData("--set Mailbox:TimeToLive=soon", "Signaling:Mailbox:TimeToLive: 'soon' is no duration")]
    [InlineData("--set Mailbox=7", "Signaling:Mailbox: one value stands where a section belongs")]
    [InlineData("--set Turn:Urls=turn:turn.example.org", "Signaling:Turn:Urls: one value stands where a list belongs")]
    [InlineData("--set Mailbox:Size=7", "Signaling:Mailbox:Size: there is no such setting")]
    [InlineData("--set Postbox:Capacity=7", "Signaling:Postbox: there is no such setting")]
    [InlineData("--host example.org", "Signaling:Listen:Host: 'example.org'")]
    [InlineData("--set Management:Host=here", "Signaling:Management:Host: 'here'")]
    [InlineData("--port 9100 --health-port 9100", "Signaling:Management:Port: clients and management cannot share port 9100")]
    [InlineData("--set Tls:Certificate=no-such-file.pem", "Signaling:Tls:Certificate: there is no file 'no-such-file.pem'")]
    [InlineData("--set Tls:Key=no-such-file.pem", "Signaling:Tls:Key: there is no file 'no-such-file.pem'")]
    [InlineData("--set Turn:Urls:0=turn:turn.example.org", "Signaling:Turn:Secret: TURN servers need the secret")]
    [InlineData("--set Turn:Urls:0=https://turn.example.org --set Turn:Secret=north", "Signaling:Turn:Urls: 'https://turn.example.org' is no URL such as stun:stun.example.org:3478")]
    [InlineData("--set Store:Kind=Paper", "Signaling:Store:Kind: 'Paper' is no Sqlite or Memory")]
    [InlineData("--set Store:Fsync=7", "Signaling:Store:Fsync")]
    [InlineData("--set Store:Directory=", "Signaling:Store:Directory is required")]
    [InlineData("--set Store:Directory=/proc/data", "cannot write to the data directory '/proc/data' (Signaling:Store:Directory)")]
    public async Task A_wrong_argument_is_named(string arguments, string expected)
    {
        Assert.Contains(expected, await FailAsync(arguments.Split(' ')), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HOST", "example.org", "Signaling:Listen:Host: 'example.org'")]
    [InlineData("PORT", "many", "Signaling:Listen:Port: 'many' is no whole number")]
    [InlineData("HEALTH_PORT", "-1", "Signaling:Management:Port must be between 0 and 65535")]
    [InlineData("Signaling__Mailbox__Size", "7", "Signaling:Mailbox:Size: there is no such setting")]
    public async Task A_wrong_variable_is_named(string name, string value, string expected)
    {
        var run = await NodeProcess.RunAsync(new Dictionary<string, string> { [name] = value });

        Assert.Contains(expected, OneLine(run), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "Signaling": { "Mailbox": { "Capacity": 7, } """, "no JSON from line 1, byte 48 on")]
    [InlineData("", "")]
    [InlineData("""{ "Signaling": { "Tls": { "Certificate": null } } }""", "Signaling:Tls:Certificate: has no value")]
    [InlineData("""{ "Signaling": { "Mailbox": { "Capacity": [] } } }""", "Signaling:Mailbox:Capacity")]
    [InlineData("""{ "Signaling": { "Mailbox": { "Capacity": { "x": 1 } } } }""", "Signaling:Mailbox:Capacity")]
    [InlineData("""{ "Signaling": { "Turn": { "Urls": [{ "x": 1 }] } } }""", "Signaling:Turn:Urls:0")]
    [InlineData("""{ "Signaling": 7 }""", "Signaling: one value")]
    public async Task A_wrong_file_is_named(string json, string expected)
    {
        var file = _folder.Write("node.json", json);

        var line = await FailAsync("--config", file);

        Assert.Contains(expected, line, StringComparison.Ordinal);
        Assert.True(line.Contains(file, StringComparison.Ordinal) || line.Contains("Signaling:", StringComparison.Ordinal), line);
    }

    [Theory]
    [InlineData("--set|Turn=opensesame", "Signaling:Turn: one value")]
    [InlineData("--set|Turn:Secert=opensesame", "Signaling:Turn:Secert: there is no such setting")]
    [InlineData("--set|Turn:Secret:0=opensesame", "Signaling:Turn:Secret: takes one value")]
    [InlineData("--set|Turn:Secret:opensesame", "--set takes path=value")]
    [InlineData("--set|Turn:Secret|opensesame", "--set takes path=value")]
    [InlineData("--set|Turn:Secret=my|opensesame", "'***'")]
    [InlineData("--set|Management:Token=opensesame", "Signaling:Management:Token: a token has 16 characters at least")]
    [InlineData("--set|Management=opensesame", "Signaling:Management: one value")]
    [InlineData("--set|Tls:Password=opensesame|--set|Mailbox:Capacity=0", "Signaling:Mailbox:Capacity must be between")]
    [InlineData("--set|Tls:Key=-----BEGIN PRIVATE KEY-----\nopensesame", "Signaling:Tls:Key: takes the path of a file")]
    public async Task A_secret_that_stands_in_a_wrong_place_is_not_repeated(string arguments, string expected)
    {
        var line = await FailAsync(arguments.Split('|'));

        Assert.Contains(expected, line, StringComparison.Ordinal);
        Assert.DoesNotContain("opensesame", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "Signaling": { "Turn": { "Secret": topensesame } } }""", "no JSON from line 1")]
    [InlineData("""{ "Signaling": { "Turn": { "Secret": opensesame } } }""", "no JSON from line 1")]
    [InlineData("""{ "Signaling": { "Turn": { "Secret": "opensesame } } }""", "no JSON from line 1")]
    [InlineData("""{ "Signaling": { "Turn": { "Secret": ["opensesame"] } } }""", "Signaling:Turn:Secret: takes one value")]
    [InlineData("""{ "Signaling": { "Turn": "opensesame" } }""", "Signaling:Turn: one value")]
    public async Task A_secret_in_a_file_that_cannot_be_read_is_not_repeated(string json, string expected)
    {
        var line = await FailAsync("--config", _folder.Write("node.json", json));

        Assert.Contains(expected, line, StringComparison.Ordinal);
        Assert.DoesNotContain("opensesame", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_mistake_is_named_at_once()
    {
        var line = await FailAsync(
            "--host", "example.org", "--port", "http", "--set", "Mailbox:Capacity=0", "--set", "Mailbox:Size=7", "--set", "Postbox:Capacity=7",
            "--set", "Tls:Certificate=no-such-file.pem", "--set", "Presence:OfflineGrace=soon");

        Assert.All(
            ["Listen:Host", "Listen:Port", "Mailbox:Capacity", "Mailbox:Size", "Signaling:Postbox", "Tls:Certificate", "Presence:OfflineGrace"],
            name => Assert.Contains(name, line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_certificate_file_that_holds_none_is_named()
    {
        var file = _folder.Write("certificate.pem", "-----BEGIN NOTHING-----");

        Assert.Contains(file, await FailAsync("--port", "0", "--health-port", "0", "--set", $"Tls:Certificate={file}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_is_in_use_is_named()
    {
        await using var node = await NodeProcess.StartAsync();

        var clients = await FailAsync("--host", "127.0.0.1", "--port", $"{node.Public.Port}", "--health-port", "0");
        var management = await FailAsync("--host", "127.0.0.1", "--port", "0", "--health-port", $"{node.Management.Port}");

        Assert.Contains($"127.0.0.1:{node.Public.Port}", clients, StringComparison.Ordinal);
        Assert.Contains($"127.0.0.1:{node.Management.Port}", management, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_is_not_this_machines_is_named()
    {
        var line = await FailAsync("--host", "192.0.2.1", "--port", "0", "--health-port", "0"); // RFC 5737: nobody's

        Assert.Contains("cannot listen at 192.0.2.1:0 (clients)", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_data_directory_that_another_node_holds_is_named()
    {
        await using var node = await NodeProcess.StartAsync("--set", $"Store:Directory={_folder.PathOf("data")}");

        var line = await FailAsync("--port", "0", "--health-port", "0", "--set", $"Store:Directory={_folder.PathOf("data")}");

        Assert.Equal($"signaling-node: another signaling-node holds the data directory '{_folder.PathOf("data")}'; stop it, or set Signaling:Store:Directory", line);
    }

    [Fact]
    public async Task A_damaged_database_is_named()
    {
        _folder.Write("mailboxes.db", "This is no database, although it is long enough to be one. ".PadRight(4_096, '.'));

        var line = await FailAsync("--port", "0", "--health-port", "0", "--set", $"Store:Directory={_folder.PathOf("")}");

        Assert.Contains($"'{_folder.PathOf("mailboxes.db")}' is damaged or no database; restore a backup or move it away", line, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<string> FailAsync(params string[] arguments) => OneLine(await NodeProcess.RunAsync(arguments));

    private static string OneLine(NodeRun run)
    {
        Assert.Equal(1, run.ExitCode);
        Assert.Empty(run.Output);
        var line = Assert.Single(run.Errors);
        Assert.StartsWith("signaling-node: ", line, StringComparison.Ordinal);
        return line;
    }
}
