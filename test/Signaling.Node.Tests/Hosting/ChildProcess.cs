using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Signaling.Node.Tests.Hosting;

/// <summary>A .NET program of this repository, run as its own process in a folder of its own, unless it is told another; it is killed, by its id, when it is disposed.</summary>
public class ChildProcess : IAsyncDisposable
{
    /// <summary>Longest wait for anything the process does; generous, because a loaded machine is no failure.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TemporaryFolder _folder = new();
    private readonly Process _process;
    private readonly Lock _gate = new();
    private readonly List<string> _output = [];
    private readonly List<string> _errors = [];
    private TaskCompletionSource _changed = NewSignal();

    /// <summary>Starts it.</summary>
    /// <param name="assembly">Its file beside the tests, such as <c>signaling-node.dll</c>.</param>
    /// <param name="environment">Added to the tests' own environment, of which settings of the node are left out.</param>
    /// <param name="arguments">Its command line.</param>
    /// <param name="folder">Its working directory.</param>
    public ChildProcess(string assembly, IReadOnlyDictionary<string, string> environment, IEnumerable<string> arguments, string? folder = null)
    {
        _process = new Process { StartInfo = StartInfo(assembly, environment, arguments, folder ?? _folder.PathOf("")) };
        _process.OutputDataReceived += (_, line) => Add(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Add(_errors, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Lines of standard output so far.</summary>
    public IReadOnlyList<string> Output => Copy(_output);

    /// <summary>Lines of standard error so far.</summary>
    public IReadOnlyList<string> Errors => Copy(_errors);

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

    /// <summary>Stands still since SIGSTOP, with all of its threads.</summary>
    public bool IsStopped => Directory.GetDirectories($"/proc/{_process.Id}/task").All(task => File.ReadAllText(Path.Combine(task, "stat")).Split(") ")[^1][0] == 'T');

    /// <summary>Sends SIGTERM (15), SIGINT (2), SIGSTOP (19) or SIGCONT (18).</summary>
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
        _folder.Dispose();
    }

    private static ProcessStartInfo StartInfo(string assembly, IReadOnlyDictionary<string, string> environment, IEnumerable<string> arguments, string folder)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, assembly), .. arguments])
        {
            WorkingDirectory = folder,
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
        variable is "HOST" or "PORT" or "HEALTH_PORT" or "DOTNET_ENVIRONMENT" || variable.StartsWith("Signaling__", StringComparison.OrdinalIgnoreCase);

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

    private static class NativeMethods
    {
        [DllImport("libc", EntryPoint = "kill")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Kill(int pid, int signal);
    }
}
