using System.CommandLine;
using System.CommandLine.Invocation;
using Signaling.Actors.Hosting;

namespace Signaling.Node.Configuration;

/// <summary>What the node was started with.</summary>
/// <param name="Settings">What the command line says of the configuration.</param>
/// <param name="File">A configuration file besides the node's own <c>appsettings.json</c>.</param>
/// <param name="CheckOnly">Print the configuration and end.</param>
internal sealed record CommandLine(IReadOnlyDictionary<string, string?> Settings, FileInfo? File, bool CheckOnly)
{
    /// <summary>Reads the arguments and runs the node; help, version and usage errors are answered here.</summary>
    /// <returns>The process's exit code.</returns>
    public static Task<int> InvokeAsync(string[] args, Func<CommandLine, Task<int>> run)
    {
        var host = new Option<string?>("--host") { Description = "Address where clients connect: an IP address, localhost, or * for all (HOST)" };
        var port = new Option<string?>("--port") { Description = "Port where clients connect, default 9001 (PORT)" };
        var healthPort = new Option<string?>("--health-port") { Description = "Port of the management endpoint, default 9002 (HEALTH_PORT)" };
        var config = new Option<FileInfo>("--config") { Description = "A JSON file with settings, read after the node's own appsettings.json" }.AcceptExistingOnly();
        var set = new Option<string[]>("--set") { Description = "Any setting, such as --set Mailbox:Capacity=50; may be repeated", HelpName = "path=value" };
        set.Validators.Add(result =>
        {
            if (result.Tokens.FirstOrDefault(token => token.Value.IndexOf('=', StringComparison.Ordinal) < 1) is { } wrong)
                result.AddError($"--set takes path=value, not '{wrong.Value}'.");
        });
        var check = new Option<bool>("--check-config") { Description = "Print the effective configuration, secrets masked, and end" };

        var root = new RootCommand("Signaling Node: a WebRTC signaling server.") { host, port, healthPort, config, set, check };
        root.SetAction(async parsed =>
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
            return await run(new CommandLine(settings, parsed.GetValue(config), parsed.GetValue(check)));

            void Add(string path, string? value)
            {
                if (value is not null) settings[$"{SignalingOptions.Section}:{path}"] = value;
            }
        });
        var result = root.Parse(args);
        // The host answers SIGTERM and SIGINT, in its own time; the parser would end the process 2 s after them.
        var configuration = new InvocationConfiguration { ProcessTerminationTimeout = null };
        return result.Action is ParseErrorAction ? RefuseAsync(result) : result.InvokeAsync(configuration);
    }

    /// <summary>In one line, as <see cref="StartFailure"/>; the parser's own way is to add the whole help.</summary>
    private static async Task<int> RefuseAsync(ParseResult result)
    {
        await Console.Error.WriteLineAsync($"signaling-node: {string.Join("; ", result.Errors.Select(error => error.Message.TrimEnd('.')))}; --help names the options");
        return 1;
    }
}
