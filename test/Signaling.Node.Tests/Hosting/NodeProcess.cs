using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Signaling.Node.Tests.Hosting;

/// <summary>The real <c>signaling-node</c>, started as its own process on free ports; it is killed, by its id, when it is disposed.</summary>
public sealed partial class NodeProcess : IAsyncDisposable
{
    /// <summary>Longest wait for anything the process does; generous, because a loaded machine is no failure.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly IReadOnlyDictionary<string, string> NoEnvironment = new Dictionary<string, string>();

    private readonly Process _process;
    private readonly Lock _gate = new();
    private readonly List<string> _output = [];
    private readonly List<string> _errors = [];
    private TaskCompletionSource _changed = NewSignal();

    private NodeProcess(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Add(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Add(_errors, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Where clients connect: <c>ws://</c>, or <c>wss://</c> with a certificate.</summary>
    public Uri Clients { get; private set; } = null!;

    /// <summary>The public port as HTTP.</summary>
    public Uri Public { get; private set; } = null!;

    /// <summary>The management port.</summary>
    public Uri Management { get; private set; } = null!;

    /// <summary>Lines of standard output so far.</summary>
    public IReadOnlyList<string> Output => Copy(_output);

    /// <summary>Lines of standard error so far.</summary>
    public IReadOnlyList<string> Errors => Copy(_errors);

    /// <summary>What a healthy node never logs.</summary>
    public IEnumerable<string> Failures => Output.Where(line => line.Contains(" fail: ", StringComparison.Ordinal) || line.Contains(" crit: ", StringComparison.Ordinal));

    /// <summary>Starts a node on free ports and waits for its ready line.</summary>
    public static Task<NodeProcess> StartAsync(params string[] arguments) =>
        StartAsync(NoEnvironment, ["--host", "127.0.0.1", "--port", "0", "--health-port", "0", .. arguments]);

    /// <summary>Starts a node with exactly this environment and command line and waits for its ready line.</summary>
    public static async Task<NodeProcess> StartAsync(IReadOnlyDictionary<string, string> environment, IEnumerable<string> arguments)
    {
        var node = new NodeProcess(StartInfo(environment, arguments));
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
        await using var node = new NodeProcess(StartInfo(environment, arguments));
        var exitCode = await node.ExitCodeAsync();
        return new NodeRun(exitCode, node.Output, node.Errors);
    }

    /// <summary>The first line of standard output that fits, whether it was written already or is still to come.</summary>
    public async Task<string> OutputLineAsync(Func<string, bool> fits)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_output.Find(line => fits(line)) is { } found) return found;
                changed = _changed.Task;
            }
            try
            {
                if (_process.HasExited && !changed.IsCompleted) await _process.WaitForExitAsync(patience.Token);
                await changed.WaitAsync(_process.HasExited ? TimeSpan.FromSeconds(1) : Patience, patience.Token);
            }
            catch (Exception end) when (end is TimeoutException or OperationCanceledException)
            {
                Assert.Fail($"The expected line did not come. Output:\n{string.Join('\n', Output)}\nErrors:\n{string.Join('\n', Errors)}");
            }
        }
    }

    /// <summary>Sends SIGTERM (15) or SIGINT (2).</summary>
    public void Signal(int signal) => Assert.Equal(0, NativeMethods.Kill(_process.Id, signal));

    /// <summary>Waits for the process's end, and for the rest of its output.</summary>
    public async Task<int> ExitCodeAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"The process did not end. Output:\n{string.Join('\n', Output)}");
        }
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static ProcessStartInfo StartInfo(IReadOnlyDictionary<string, string> environment, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "signaling-node.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (var name in start.Environment.Keys.Where(IsSetting).ToArray()) start.Environment.Remove(name);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return start;
    }

    private static bool IsSetting(string variable) =>
        variable is "HOST" or "PORT" or "HEALTH_PORT" || variable.StartsWith("Signaling__", StringComparison.OrdinalIgnoreCase);

    private void Add(List<string> lines, string? line)
    {
        lock (_gate)
        {
            if (line is not null) lines.Add(line);
            _changed.TrySetResult();
            _changed = NewSignal();
        }
    }

    private string[] Copy(List<string> lines)
    {
        lock (_gate) return [.. lines];
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    [GeneratedRegex("is ready: clients at (?<clients>[^,]+), management at (?<management>.+)$")]
    private static partial Regex ReadyLine();

    private static class NativeMethods
    {
        [DllImport("libc", EntryPoint = "kill")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Kill(int pid, int signal);
    }
}

/// <summary>How a process went that ended by itself.</summary>
public sealed record NodeRun(int ExitCode, IReadOnlyList<string> Output, IReadOnlyList<string> Errors);
