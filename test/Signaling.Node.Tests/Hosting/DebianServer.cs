using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Signaling.Node.Tests.Hosting;

/// <summary>A real server, from Debian's packages, with the configuration that <c>deploy/</c> offers. It is killed, by its id, when it is disposed.</summary>
public sealed class DebianServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly Process _process;

    private DebianServer(string program, string arguments, TemporaryFolder folder)
    {
        _folder = folder;
        try
        {
            var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true };
            start.Environment["HOME"] = folder.PathOf("home");      // where Caddy keeps what it was told last
            _process = Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            folder.Dispose();
            throw new InvalidOperationException($"{program} is not installed: apt-get install nginx-light haproxy caddy coturn, as test/run does where it may.");
        }
    }

    /// <summary>Starts it and waits until it listens at this port of loopback.</summary>
    /// <param name="program">Its file.</param>
    /// <param name="arguments">Its command line.</param>
    /// <param name="folder">Its files, which go with it.</param>
    /// <param name="port">TCP.</param>
    public static async Task<DebianServer> StartAsync(string program, string arguments, TemporaryFolder folder, int port)
    {
        var server = new DebianServer(program, arguments, folder);
        try
        {
            await Poll.UntilAsync(async () =>
            {
                Assert.False(server._process.HasExited, server._process.HasExited ? await server._process.StandardError.ReadToEndAsync() : "");
                using var probe = new TcpClient();
                return await Record.ExceptionAsync(() => probe.ConnectAsync(IPAddress.Loopback, port)) is null;
            });
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>The configuration that <c>deploy/</c> offers.</summary>
    public static string Deployed(string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "deploy", name));

    public static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Dispose();
    }
}
