using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Signaling.Crash;

/// <summary>The real node, killed and started again on the same data directory.</summary>
/// <param name="directory">Its data directory.</param>
/// <param name="settings">Such as <c>Store:Fsync=Relaxed</c>.</param>
internal sealed partial class RunningNode(string directory, IReadOnlyList<string> settings) : IDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>Bounds that this run's senders, and recipients which are away for a second or two, do not meet; and takeovers of dead connections end within a life of the node.</summary>
    private static readonly string[] Bounds =
        ["Mailbox:Capacity=10000", "Mailbox:MaxBytes=1073741824", "Mailbox:MaxOpenedPerMinute=1000000", "Limits:MessagesPerSecond=1000000000", "Limits:BytesPerSecond=1000000000000", "Mailbox:TakeoverTimeout=00:00:00.2"];

    private readonly Lock _gate = new();
    private readonly List<string> _complaints = [];
    private volatile Ready? _ready;
    private Process? _process;
    private int _incarnation;

    /// <summary>What a node that is only killed never logs.</summary>
    public IReadOnlyList<string> Complaints
    {
        get
        {
            lock (_gate) return [.. _complaints];
        }
    }

    /// <summary>Where clients connect; null while it is down.</summary>
    public Uri? Clients => _ready?.Clients;

    /// <summary>Its management port.</summary>
    public Uri Management => _ready!.Management;

    /// <summary>Starts it.</summary>
    /// <returns>Completes when it takes clients.</returns>
    public Task StartAsync()
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "signaling-node.dll"), "--host", "127.0.0.1", "--port", "0", "--health-port", "0"])
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var setting in (string[])["Store:Kind=Sqlite", $"Store:Directory={directory}", .. Bounds, .. settings]) start.ArgumentList.Add("--set=" + setting);
        foreach (var name in start.Environment.Keys.Where(IsSetting).ToArray()) start.Environment.Remove(name);
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var incarnation = ++_incarnation;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Read(line.Data, incarnation, ready);
        _process.ErrorDataReceived += (_, line) => Complain(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        return ready.Task.WaitAsync(StartPatience);
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        _ready = null;
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <summary>A registered connection, as soon as there is a node that gives one.</summary>
    public async Task<Connection> ConnectAsync(string peer, bool acks)
    {
        while (true)
        {
            if (_ready is { } ready && await Connection.OpenAsync(ready.Clients, ready.Incarnation) is { } connection)
            {
                await connection.SendAsync(acks ? $$"""{"type":"register","peerId":"{{peer}}","acks":true}""" : $$"""{"type":"register","peerId":"{{peer}}"}""");
                if (await connection.ReadAsync() is not null) return connection;
                connection.Dispose();
            }
            await Task.Delay(Pause);
        }
    }

    public void Dispose()
    {
        _process?.Kill();
        _process?.Dispose();
    }

    private static bool IsSetting(string variable) =>
        variable is "HOST" or "PORT" or "HEALTH_PORT" || variable.StartsWith("Signaling__", StringComparison.OrdinalIgnoreCase);

    private void Read(string? line, int incarnation, TaskCompletionSource ready)
    {
        if (line is null)
        {
            ready.TrySetException(new InvalidOperationException($"The node ended before it was ready.\n{string.Join('\n', Complaints)}"));
        }
        else if (ReadyLine().Match(line) is { Success: true } match)
        {
            var clients = new UriBuilder(match.Groups["clients"].Value) { Scheme = "ws" }.Uri;
            _ready = new Ready(clients, new Uri(match.Groups["management"].Value), incarnation);
            ready.TrySetResult();
        }
        else if (line.Contains(" warn: ", StringComparison.Ordinal) || line.Contains(" fail: ", StringComparison.Ordinal) || line.Contains(" crit: ", StringComparison.Ordinal))
        {
            Complain(line);
        }
    }

    private void Complain(string? line)
    {
        lock (_gate)
        {
            if (!string.IsNullOrEmpty(line)) _complaints.Add(line);
        }
    }

    [GeneratedRegex("is ready: clients at (?<clients>[^,]+), management at (?<management>.+)$")]
    private static partial Regex ReadyLine();

    private sealed record Ready(Uri Clients, Uri Management, int Incarnation);
}
