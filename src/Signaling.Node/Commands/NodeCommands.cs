using System.CommandLine;
using System.CommandLine.Invocation;
using Signaling.Actors.Hosting;
using Signaling.Node.Configuration;
using Signaling.Node.Management;

namespace Signaling.Node.Commands;

/// <summary>What <c>signaling-node</c> can be asked to do: run, which is the default, and what operators need beside it.</summary>
internal static class NodeCommands
{
    private static readonly Option<string?> Host = new("--host") { Description = "Address where clients connect: an IP address, localhost, or * for all (HOST)" };
    private static readonly Option<string?> Port = new("--port") { Description = "Port where clients connect, default 9001 (PORT)" };
    private static readonly Option<string?> HealthPort = new("--health-port") { Description = "Port of the management endpoint, default 9002 (HEALTH_PORT)", Recursive = true };
    private static readonly Option<FileInfo> Config =
        new Option<FileInfo>("--config") { Description = "A JSON file with settings, read after the node's own appsettings.json", Recursive = true }.AcceptExistingOnly();

    private static readonly Option<string[]> Set = new("--set") { Description = "Any setting, such as --set Mailbox:Capacity=50; may be repeated", HelpName = "path=value", Recursive = true };
    private static readonly Option<bool> Check = new("--check-config") { Description = "Print the effective configuration, secrets masked, and end" };

    /// <summary>Reads the arguments and does what they ask; help, version and usage errors are answered here.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="runNode">Runs the node.</param>
    /// <returns>The process's exit code.</returns>
    public static Task<int> InvokeAsync(string[] args, Func<CommandLine, Task<int>> runNode)
    {
        Set.Validators.Add(result =>
        {
            if (result.Tokens.Any(token => token.Value.IndexOf('=', StringComparison.Ordinal) < 1)) result.AddError("--set takes path=value, in one argument");
        });
        var health = new Command("health", "Ask the node that runs here with the same settings whether it is ready: exit code 0 if it is, else 1");
        health.SetAction(parsed => WithOptionsAsync(parsed, options => HealthProbe.AskAsync(options.Management)));
        var root = new RootCommand("Signaling Node: a WebRTC signaling server.") { Host, Port, HealthPort, Config, Set, Check, health, MailboxCommands.Create(WithOptionsAsync) };
        root.SetAction(parsed => parsed.GetValue(Check) ? WithOptionsAsync(parsed, Describe) : TellFailureAsync(() => runNode(Read(parsed))));

        var result = root.Parse(args);
        // The host answers SIGTERM and SIGINT, in its own time; the parser would end the process 2 s after them.
        var configuration = new InvocationConfiguration { ProcessTerminationTimeout = null };
        return result.Action is ParseErrorAction ? RefuseAsync(result) : result.InvokeAsync(configuration);
    }

    private static Task<int> Describe(NodeOptions options)
    {
        Console.WriteLine(NodeConfiguration.Describe(options));
        return Task.FromResult(0);
    }

    private static Task<int> WithOptionsAsync(ParseResult parsed, Func<NodeOptions, Task<int>> act) => TellFailureAsync(() =>
    {
        using var configuration = new ConfigurationManager();
        NodeConfiguration.Load(configuration, Read(parsed));
        return act(NodeConfiguration.Read(configuration));
    });

    private static async Task<int> TellFailureAsync(Func<Task<int>> act)
    {
        try
        {
            return await act();
        }
        catch (Exception failure) when (StartFailure.Describe(failure) is { } line)
        {
            await Console.Error.WriteLineAsync($"signaling-node: {line}");
            return 1;
        }
    }

    private static CommandLine Read(ParseResult parsed)
    {
        var settings = new Dictionary<string, string?>();
        Add("Listen:Host", parsed.GetValue(Host));
        Add("Listen:Port", parsed.GetValue(Port));
        Add("Management:Port", parsed.GetValue(HealthPort));
        foreach (var pair in parsed.GetValue(Set) ?? [])
        {
            var (path, value) = (pair[..pair.IndexOf('=', StringComparison.Ordinal)], pair[(pair.IndexOf('=', StringComparison.Ordinal) + 1)..]);
            Add(path.StartsWith(SignalingOptions.Section + ":", StringComparison.OrdinalIgnoreCase) ? path[(SignalingOptions.Section.Length + 1)..] : path, value);
        }
        return new CommandLine(settings, parsed.GetValue(Config));

        void Add(string path, string? value)
        {
            if (value is not null) settings[$"{SignalingOptions.Section}:{path}"] = value;
        }
    }

    /// <summary>In one line, as <see cref="StartFailure"/>; the parser's own way is to add the whole help.</summary>
    private static async Task<int> RefuseAsync(ParseResult result)
    {
        await Console.Error.WriteLineAsync($"signaling-node: {string.Join("; ", result.Errors.Select(error => Mask(error.Message.TrimEnd('.'))))}; --help names the options");
        return 1;

        // What stands behind a --set may be the rest of its value, which may be a secret.
        string Mask(string message) => result.GetResult(Set) is null
            ? message
            : result.UnmatchedTokens.Where(token => !token.StartsWith("--", StringComparison.Ordinal)).Aggregate(message, (masked, token) => masked.Replace($"'{token}'", "'***'", StringComparison.Ordinal));
    }
}
