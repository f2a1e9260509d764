using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Signaling.Testing;

/// <summary>A PostgreSQL of its own, from Debian's package, with an empty data directory that goes with it.</summary>
public sealed class PostgresServer : IAsyncDisposable
{
    /// <summary>Longest wait for it; generous, because a loaded machine is no failure.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>The server refuses to run as root.</summary>
    private static readonly string[] Unprivileged = Environment.IsPrivilegedProcess ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : [];

    private readonly DirectoryInfo _directory;
    private readonly Process _process;

    private PostgresServer(DirectoryInfo directory, Process process, string host, int port) =>
        (_directory, _process, Host, Port) = (directory, process, host, port);

    /// <summary>The address that it listens at.</summary>
    public string Host { get; }

    /// <summary>TCP.</summary>
    public int Port { get; }

    /// <summary>For Npgsql: everybody who reaches the port is the superuser.</summary>
    public string ConnectionString => $"Host={Host};Port={Port};Username=postgres;Database=postgres";

    /// <summary>Makes a data directory and starts a server on it.</summary>
    /// <param name="host">The address to listen at.</param>
    /// <param name="within">The beginning of its command line, such as <c>ip netns exec database</c>.</param>
    /// <param name="settings">Of <c>postgresql.conf</c>, such as <c>track_commit_timestamp=on</c>.</param>
    /// <returns>Completes when it answers.</returns>
    public static async Task<PostgresServer> StartAsync(string host = "127.0.0.1", IReadOnlyList<string>? within = null, params IReadOnlyList<string> settings)
    {
        var directory = Directory.CreateTempSubdirectory("signaling-postgres-");
        var (data, port) = (Path.Combine(directory.FullName, "data"), FreePort());
        if (Environment.IsPrivilegedProcess) await RunAsync(["chown", "postgres", directory.FullName]);
        await RunAsync([.. Unprivileged, "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]);
        await File.AppendAllTextAsync(Path.Combine(data, "pg_hba.conf"), "host all all 0.0.0.0/0 trust\n");

        string[] command = [.. within ?? [], .. Unprivileged, "postgres", "-D", data, "-h", host, "-p", $"{port}", "-k", "", .. settings.SelectMany(setting => (string[])["-c", setting])];
        var process = Process.Start(StartInfo(command))!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var server = new PostgresServer(directory, process, host, port);
        try
        {
            await server.AnswersAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs SQL as the superuser.</summary>
    /// <returns>What it answers: a row a line, columns with <c>|</c> between them.</returns>
    public Task<string> QueryAsync(string sql) =>
        RunAsync(["psql", "-h", Host, "-p", $"{Port}", "-U", "postgres", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"], sql);

    /// <summary>Ends it at once (SIGINT is its fast shutdown) and deletes the data.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _ = NativeMethods.Kill(_process.Id, signal: 2);
        using (var patience = new CancellationTokenSource(Patience)) await _process.WaitForExitAsync(patience.Token);
        _process.Dispose();
        _directory.Delete(recursive: true);
    }

    private async Task AnswersAsync()
    {
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(50))
        {
            try
            {
                await QueryAsync("select 1");
                return;
            }
            catch (InvalidOperationException) when (!_process.HasExited && clock.Elapsed < Patience)
            {
                // it starts
            }
        }
    }

    private static async Task<string> RunAsync(string[] command, string input = "")
    {
        var start = StartInfo(command);
        start.RedirectStandardInput = true;
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? await output : throw new InvalidOperationException($"{string.Join(' ', command)}: {await errors}");
    }

    private static ProcessStartInfo StartInfo(string[] command) =>
        new(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetTempPath() };

    private static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    private static class NativeMethods
    {
        [DllImport("libc", EntryPoint = "kill")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Kill(int pid, int signal);
    }
}
