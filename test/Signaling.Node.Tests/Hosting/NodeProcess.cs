using System.Text.RegularExpressions;

namespace Signaling.Node.Tests.Hosting;

/// <summary>The real <c>signaling-node</c>, started as its own process on free ports.</summary>
public sealed partial class NodeProcess : ChildProcess
{
    private static readonly IReadOnlyDictionary<string, string> NoEnvironment = new Dictionary<string, string>();

    private NodeProcess(IReadOnlyDictionary<string, string> environment, IEnumerable<string> arguments)
        : base("signaling-node.dll", environment, arguments)
    {
    }

    /// <summary>Where clients connect: <c>ws://</c>, or <c>wss://</c> with a certificate.</summary>
    public Uri Clients { get; private set; } = null!;

    /// <summary>The public port as HTTP.</summary>
    public Uri Public { get; private set; } = null!;

    /// <summary>The management port.</summary>
    public Uri Management { get; private set; } = null!;

    /// <summary>What a healthy node never logs.</summary>
    public IEnumerable<string> Failures => Output.Where(line => line.Contains(" fail: ", StringComparison.Ordinal) || line.Contains(" crit: ", StringComparison.Ordinal));

    /// <summary>Starts a node on free ports and waits for its ready line.</summary>
    public static Task<NodeProcess> StartAsync(params string[] arguments) =>
        StartAsync(NoEnvironment, ["--host", "127.0.0.1", "--port", "0", "--health-port", "0", .. arguments]);

    /// <summary>Starts a node with exactly this environment and command line and waits for its ready line.</summary>
    public static async Task<NodeProcess> StartAsync(IReadOnlyDictionary<string, string> environment, IEnumerable<string> arguments)
    {
        var node = new NodeProcess(environment, arguments);
        try
        {
            var ready = ReadyLine().Match(await node.OutputLineAsync(line => ReadyLine().IsMatch(line)));
            (node.Public, node.Management) = (new Uri(ready.Groups["clients"].Value), new Uri(ready.Groups["management"].Value));
            node.Clients = new UriBuilder(node.Public) { Scheme = node.Public.Scheme == "https" ? "wss" : "ws" }.Uri;
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a node that ends by itself.</summary>
    public static Task<NodeRun> RunAsync(params string[] arguments) => RunAsync(NoEnvironment, arguments);

    /// <summary>Runs a node that ends by itself, with these environment variables.</summary>
    public static async Task<NodeRun> RunAsync(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        await using var node = new NodeProcess(environment, arguments);
        var exitCode = await node.ExitCodeAsync();
        return new NodeRun(exitCode, node.Output, node.Errors);
    }

    [GeneratedRegex("is ready: clients at (?<clients>[^,]+), management at (?<management>.+)$")]
    private static partial Regex ReadyLine();
}

/// <summary>How a process went that ended by itself.</summary>
public sealed record NodeRun(int ExitCode, IReadOnlyList<string> Output, IReadOnlyList<string> Errors);
