using System.CommandLine;
using System.CommandLine.Invocation;
using Signaling.Actors.Hosting;

namespace Signaling.Node.Configuration;

/// <summary>What <c>signaling-node</c> is asked to do.</summary>
internal enum NodeCommand
{
    /// <summary>Run the node.</summary>
    Run,

    /// <summary>Print the configuration and end.</summary>
    CheckConfig,

    /// <summary>Ask the node that runs with this configuration whether it is ready, and end.</summary>
    Health,
}

/// <summary>What the node was started with.</summary>
/// <param name="Command">What it is asked to do.</param>
/// <param name="Settings">What the command line says of the configuration.</param>
/// <param name="File">A configuration file besides the node's own <c>appsettings.json</c>.</param>
internal sealed record CommandLine(NodeCommand Command, IReadOnlyDictionary<string, string?> Settings, FileInfo? File)
{
    /// <summary>Reads the arguments and does what they ask; help, version and usage errors are answered here.</summary>
    /// <returns>The process's exit code.</returns>
    public static Task<int> InvokeAsync(string[] args, Func<CommandLine, Task<int>> run)
    {
        var host = new Option<string?>("--host") { Description = "Address where clients connect: an IP address, localhost, or * for all (HOST)" };
        var port = new Option<string?>("--port") { Description = "Port where clients connect, default 9001 (PORT)" };
        var healthPort = new Option<string?>("--health-port") { Description = "Port of the management endpoint, default 9002 (HEALTH_PORT)", Recursive = true };
        var config = new Option<FileInfo>("--config") { Description = "A JSON file with settings, read after the node's own appsettings.json", Recursive = true }.AcceptExistingOnly();
        var set = new Option<string[]>("--set") { Description = "Any setting, such as --set Mailbox:Capacity=50; may be repeated", HelpName = "path=value", Recursive = true };
        set.Validators.Add(result =>
        {
            if (result.Tokens.FirstOrDefault(token => token.Value.IndexOf('=', StringComparison.Ordinal) < 1) is { } wrong)
                result.AddError($"--set takes path=value, not '{wrong.Value}'.");
        });
        var check = new Option<bool>("--check-config") { Description = "Print the effective configuration, secrets masked, and end" };

        var health = new Command("health", "Ask the node that runs here with the same settings whether it is ready: exit code 0 if it is, else 1");
        health.SetAction(parsed => run(Read(parsed, NodeCommand.Health)));
        var root = new RootCommand("Signaling Node: a WebRTC signaling server.") { host, port, healthPort, config, set, check, health };
        root.SetAction(parsed => run(Read(parsed, parsed.GetValue(check) ? NodeCommand.CheckConfig : NodeCommand.Run)));
        var result = root.Parse(args);
        // The host answers SIGTERM and SIGINT, in its own time; the parser would end the process 2 s after them.
        var configuration = new InvocationConfiguration { ProcessTerminationTimeout = null };
        return result.Action is ParseErrorAction ? RefuseAsync(result) : result.InvokeAsync(configuration);

        CommandLine Read(ParseResult parsed, NodeCommand command)
        {
            var settings = new Dictionary<string, string?>();
            Add("Listen:Host", parsed.GetValue(host));
            Add("Listen:Port", parsed.GetValue(port));
            Add("Management:Port", parsed.GetValue(healthPort));
            foreach (var pair in parsed.GetValue(set) ?? [])
            {
                var (path, value) = (pair[..pair.IndexOf('=', StringComparison.Ordinal)], pair[(pair.IndexOf('=', StringComparison.Ordinal) + 1)..]);
                Add(path.StartsWith(SignalingOptions.Section + ":", StringComparison.OrdinalIgnoreCase) ? path[(SignalingOptions.Section.Length + 1)..] : path, value);
            }
            return new CommandLine(command, settings, parsed.GetValue(config));

            void Add(string path, string? value)
            {
                if (value is not null) settings[$"{SignalingOptions.Section}:{path}"] = value;
            }
        }
    }

    /// <summary>In one line, as <see cref="StartFailure"/>; the parser's own way is to add the whole help.</summary>
    private static async Task<int> RefuseAsync(ParseResult result)
    {
        await Console.Error.WriteLineAsync($"signaling-node: {string.Join("; ", result.Errors.Select(error => error.Message.TrimEnd('.')))}; --help names the options");
        return 1;
    }
}
