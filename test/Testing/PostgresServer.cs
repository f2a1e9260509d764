using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Npgsql;

namespace Signaling.Testing;

/// <summary>A real PostgreSQL, which listens at a free port, with its data in a folder of its own. It is ended, by its id, when it is disposed.</summary>
/// <remarks>It does not run as root: where the tests do, it is the user <c>postgres</c>, else <c>nobody</c>. Everybody is in who knows <see cref="Password"/>.</remarks>
public sealed partial class PostgresServer
{
    /// <summary>Of the superuser <c>postgres</c>.</summary>
    public const string Password = "a-secret-of-tests";

    private const int SigInt = 2;
    private const int SigQuit = 3;

    /// <summary>Longest wait for it; generous, because a loaded machine is no failure.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly string? User = Environment.UserName != "root" ? null : HasUser("postgres") ? "postgres" : "nobody";

    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"signaling-postgres-{Guid.NewGuid():N}");
    private readonly List<string> _log = [];
    private Process? _process;
    private int _databases;

    /// <summary>The address that it listens at.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>The beginning of its command line, such as <c>ip netns exec database</c>.</summary>
    public IReadOnlyList<string> Within { get; init; } = [];

    /// <summary>Of TCP; the same after each start.</summary>
    public int Port { get; private set; }

    /// <summary>Added to the command line when it starts next, such as <c>synchronous_commit=off</c>.</summary>
    public IList<string> Settings { get; } = [];

    private string Data => Path.Combine(_folder, "data");

    /// <summary>Makes the data, and starts it.</summary>
    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(_folder);
        if (User is not null) await RunAsync("chown", User, _folder);
        var password = Path.Combine(_folder, "password");
        await File.WriteAllTextAsync(password, Password);
        await RunAsync(Program("initdb"), "--pgdata", Data, "--username", "postgres", "--pwfile", password, "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions");
        await File.AppendAllTextAsync(Path.Combine(Data, "pg_hba.conf"), "host all all 0.0.0.0/0 scram-sha-256\n");
        Port = FreePort();
        await StartAsync();
    }

    /// <summary>Starts it again.</summary>
    public async Task StartAsync()
    {
        for (var patience = Stopwatch.StartNew(); ; await Task.Delay(50))
        {
            if (_process is null or { HasExited: true }) Launch();  // again where those that a kill left behind are still there
            try
            {
                await using var probe = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false");
                await probe.OpenAsync();
                return;
            }
            catch (NpgsqlException) when (patience.Elapsed < Patience)
            {
                // It does not listen yet.
            }
            catch (NpgsqlException)
            {
                lock (_log) throw new InvalidOperationException($"PostgreSQL does not start:\n{string.Join('\n', _log)}");
            }
        }
    }

    /// <summary>Ends it in good order, but without waiting for its clients.</summary>
    public Task StopAsync() => EndAsync(() => Signal(_process!.Id, SigInt));

    /// <summary>Ends it as a crash would: what is not on the disk is lost, the next start recovers.</summary>
    public Task StopImmediatelyAsync() => EndAsync(() => Signal(_process!.Id, SigQuit));

    /// <summary>Kills it with all of its processes (SIGKILL).</summary>
    public Task KillAsync() => EndAsync(() => _process!.Kill(entireProcessTree: true));

    /// <summary>Stops all of its processes where they are (SIGSTOP), or lets them go on (SIGCONT): connections stay, and nothing is answered.</summary>
    public void Freeze(bool isFrozen)
    {
        const int SigCont = 18, SigStop = 19;
        foreach (var process in Children(_process!.Id).Append(_process.Id)) Signal(process, isFrozen ? SigStop : SigCont);
    }

    /// <summary>A new, empty database.</summary>
    /// <returns>How to connect to it.</returns>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"test_{Interlocked.Increment(ref _databases)}";
        await ExecuteAsync(ConnectionString("postgres"), $"CREATE DATABASE {name}");
        return ConnectionString(name);
    }

    /// <summary>For the superuser.</summary>
    public string ConnectionString(string database) => string.Create(CultureInfo.InvariantCulture, $"Host={Host};Port={Port};Username=postgres;Password={Password};Database={database}");

    /// <summary>Does something by SQL.</summary>
    /// <returns>The first value that it answers, if any.</returns>
    public static async Task<object?> ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    public async Task DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            Freeze(isFrozen: false);
            await StopImmediatelyAsync();
        }
        _process?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void Launch()
    {
        _process?.Dispose();
        string[] command =
        [
            Program("postgres"), "-D", Data, "-k", _folder, "-h", Host, "-p", Port.ToString(CultureInfo.InvariantCulture), "-c", "max_connections=200", .. Settings.SelectMany(setting => new[] { "-c", setting }),
        ];
        string[] all = [.. Within, .. AsUser(command)];
        _process = new Process { StartInfo = StartInfo(all) };
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, line) =>
        {
            lock (_log) _log.Add(line.Data ?? "");
        };
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    private async Task EndAsync(Action end)
    {
        end();
        await _process!.WaitForExitAsync(new CancellationTokenSource(Patience).Token);
    }

    private static string[] AsUser(string[] command) => User is null ? command : ["setpriv", "--reuid", User, "--regid", Group(User), "--clear-groups", .. command];

    private static ProcessStartInfo StartInfo(string[] command) =>
        new(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, StandardErrorEncoding = Encoding.UTF8, WorkingDirectory = "/" };

    private static async Task RunAsync(params string[] command)
    {
        using var process = Process.Start(StartInfo(command[0] == "chown" ? command : AsUser(command)))!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{command[0]} failed: {errors}");
    }

    /// <summary>Debian keeps it where it is on nobody's path.</summary>
    private static string Program(string name)
    {
        var debian = Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending().Select(version => Path.Combine(version, "bin")) : [];
        var found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Concat(debian).Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
        return found ?? throw new InvalidOperationException($"{name} is not installed: apt-get install postgresql, as test/run does where it may.");
    }

    private static bool HasUser(string name) => File.ReadLines("/etc/passwd").Any(line => line.StartsWith(name + ":", StringComparison.Ordinal));

    private static string Group(string user) => File.ReadLines("/etc/passwd").First(line => line.StartsWith(user + ":", StringComparison.Ordinal)).Split(':')[3];

    private static IEnumerable<int> Children(int process) =>
        File.ReadAllText($"/proc/{process}/task/{process}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(id => int.Parse(id, CultureInfo.InvariantCulture));

    private static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    private static void Signal(int process, int signal) => _ = NativeMethods.Kill(process, signal); // one that has ended meanwhile is no failure

    private static class NativeMethods
    {
        [DllImport("libc", EntryPoint = "kill")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Kill(int pid, int signal);
    }
}
