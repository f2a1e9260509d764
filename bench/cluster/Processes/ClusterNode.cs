using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using Signaling.ClusterFaults.Histories;

namespace Signaling.ClusterFaults.Processes;

/// <summary>A node's process, under a supervisor that starts it again where it ends by itself, as a node does that its cluster has downed. It always has the same addresses.</summary>
internal sealed class ClusterNode : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan SupervisorPause = TimeSpan.FromSeconds(1);
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(2) };

    private readonly History _history;
    private readonly ProcessStartInfo _start;
    private readonly StreamWriter _log;
    private readonly Action<ClusterNode, string> _says;
    private readonly Lock _gate = new();
    private readonly List<string> _complaints = [];
    private Process? _process;
    private Task _running = Task.CompletedTask;
    private volatile bool _isWanted;

    /// <param name="number">From 1.</param>
    /// <param name="network">Where it runs.</param>
    /// <param name="settings">Such as <c>Store:Kind=Sqlite</c>.</param>
    /// <param name="directory">Where its log and its data go.</param>
    /// <param name="history">Told of its life.</param>
    /// <param name="says">Told each line of its log.</param>
    public ClusterNode(int number, Network network, IEnumerable<string> settings, string directory, History history, Action<ClusterNode, string> says)
    {
        var address = network.AddressOf(number);
        (Name, _history, _says) = ($"node-{number}", history, says);
        Clients = new Uri($"ws://{address}:{network.PortOf(number, 1)}/");
        Management = new Uri($"http://{address}:{network.PortOf(number, 2)}/");
        Cluster = new DnsEndPoint(address, network.PortOf(number, 3));
        _log = new StreamWriter(Path.Combine(directory, Name + ".log"), append: true) { AutoFlush = true };
        _start = StartInfo([.. network.Within(number), "dotnet", Path.Combine(AppContext.BaseDirectory, "signaling-node.dll"),
            "--host", address, "--port", $"{Clients.Port}", "--health-port", $"{Management.Port}", $"--set=Management:Host={address}", .. settings.Select(setting => "--set=" + setting)]);
        _start.WorkingDirectory = Directory.CreateDirectory(Path.Combine(directory, Name)).FullName;
    }

    public string Name { get; }

    /// <summary>Where clients connect.</summary>
    public Uri Clients { get; }

    public Uri Management { get; }

    /// <summary>Where the other nodes reach it.</summary>
    public DnsEndPoint Cluster { get; }

    /// <summary>What it has logged from errors up, and what it wrote to standard error.</summary>
    public IReadOnlyList<string> Complaints
    {
        get
        {
            lock (_gate) return [.. _complaints];
        }
    }

    /// <summary>Starts it.</summary>
    public void Start()
    {
        _isWanted = true;
        _running = SuperviseAsync();
    }

    /// <summary>Completes when it says that it takes clients.</summary>
    public async Task ReadyAsync()
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < Patience; await Task.Delay(50))
        {
            try
            {
                using var answer = await Http.GetAsync(new Uri(Management, "/health/ready"));
                if (answer.StatusCode == HttpStatusCode.OK)
                {
                    _history.Add(new Fault(FaultKind.Ready, Name));
                    return;
                }
            }
            catch (Exception none) when (none is HttpRequestException or OperationCanceledException)
            {
                if (!_isWanted) throw new InvalidOperationException($"{Name} was ended while it started.");
            }
        }
        throw new TimeoutException($"{Name} is not ready. {(Complaints is [.., var last] ? last : "")}");
    }

    /// <summary>SIGKILL. It stays down.</summary>
    public async Task KillAsync()
    {
        _isWanted = false;
        _history.Add(new Fault(FaultKind.Killed, Name));
        if (_process is { } process) _ = NativeMethods.Kill(process.Id, signal: 9);
        await _running;
    }

    /// <summary>SIGTERM: clients and the cluster are told. It stays down.</summary>
    /// <returns>Completes when it has ended.</returns>
    public async Task TerminateAsync()
    {
        _isWanted = false;
        _history.Add(new Fault(FaultKind.Terminated, Name));
        if (_process is { } process) _ = NativeMethods.Kill(process.Id, signal: 15);
        await _running.WaitAsync(Patience);
    }

    /// <summary>SIGSTOP: it stands still, and does not know.</summary>
    public void Stop()
    {
        _history.Add(new Fault(FaultKind.Stopped, Name));
        _ = NativeMethods.Kill(_process!.Id, signal: 19);
    }

    /// <summary>SIGCONT.</summary>
    public void Continue()
    {
        _history.Add(new Fault(FaultKind.Continued, Name));
        _ = NativeMethods.Kill(_process!.Id, signal: 18);
    }

    public async ValueTask DisposeAsync()
    {
        _isWanted = false;
        if (_process is { } process) _ = NativeMethods.Kill(process.Id, signal: 9);
        await _running;
        await _log.DisposeAsync();
    }

    private async Task SuperviseAsync()
    {
        while (_isWanted)
        {
            _history.Add(new Fault(FaultKind.Started, Name));
            using var process = new Process { StartInfo = _start };
            process.OutputDataReceived += (_, line) => Read(line.Data, isError: false);
            process.ErrorDataReceived += (_, line) => Read(line.Data, isError: true);
            process.Start();
            _process = process;
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            await process.WaitForExitAsync();
            _process = null;
            _history.Add(new Fault(FaultKind.Exited, Name, $"exit code {process.ExitCode}"));
            if (_isWanted) await Task.Delay(SupervisorPause);
        }
    }

    private void Read(string? line, bool isError)
    {
        if (string.IsNullOrEmpty(line)) return;
        lock (_gate)
        {
            _log.WriteLine(line);
            if (isError || line.Contains(" fail: ", StringComparison.Ordinal) || line.Contains(" crit: ", StringComparison.Ordinal)) _complaints.Add(line);
        }
        _says(this, line);
    }

    private static ProcessStartInfo StartInfo(string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in start.Environment.Keys.Where(IsSetting).ToArray()) start.Environment.Remove(name);
        return start;
    }

    private static bool IsSetting(string variable) =>
        variable is "HOST" or "PORT" or "HEALTH_PORT" || variable.StartsWith("Signaling__", StringComparison.OrdinalIgnoreCase);

    private static class NativeMethods
    {
        [DllImport("libc", EntryPoint = "kill")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Kill(int pid, int signal);
    }
}
