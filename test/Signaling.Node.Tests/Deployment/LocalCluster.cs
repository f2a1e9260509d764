using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.Deployment;

/// <summary><c>deploy/local-cluster</c>, with ports and a folder of its own. What it started is ended, by the script, when it is disposed.</summary>
internal sealed class LocalCluster : IAsyncDisposable
{
    /// <summary>Of the script, from the balancer's on.</summary>
    private const int Ports = 24;

    public int Port { get; } = FreePorts();

    /// <summary>The script makes it; no <see cref="TemporaryFolder"/>, since PostgreSQL has to enter it as another user where the tests run as root.</summary>
    public string Folder { get; } = Path.Combine(Path.GetTempPath(), $"signaling-cluster-{Guid.NewGuid():N}");

    public Uri Balancer => new($"ws://127.0.0.1:{Port}/");

    /// <summary>What the balancer knows of the nodes.</summary>
    public Uri Status => new($"http://127.0.0.1:{Port + 10}/");

    public Uri Node(int number) => new($"ws://127.0.0.1:{Port + number}/");

    /// <summary>Those of the script's ports where something listens.</summary>
    public IEnumerable<int> Listening => Enumerable.Range(Port, Ports).Where(Listens);

    /// <summary>Runs the script.</summary>
    public Task<NodeRun> RunAsync(params string[] arguments) => RunAsync(new Dictionary<string, string>(), arguments);

    /// <summary>Runs the script with these environment variables, too.</summary>
    public async Task<NodeRun> RunAsync(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("bash", [Deployed.PathOf("local-cluster"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["CLUSTER_PORT"] = Port.ToString(CultureInfo.InvariantCulture);
        start.Environment["CLUSTER_DIR"] = Folder;
        start.Environment["SIGNALING_NODE"] = Path.Combine(AppContext.BaseDirectory, "signaling-node");
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var script = Process.Start(start)!;
        var (output, errors) = (script.StandardOutput.ReadToEndAsync(), script.StandardError.ReadToEndAsync());
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        await script.WaitForExitAsync(patience.Token);
        return new NodeRun(script.ExitCode, Lines(await output), Lines(await errors));
    }

    public async ValueTask DisposeAsync()
    {
        await RunAsync("down");
        if (Directory.Exists(Folder)) Directory.Delete(Folder, recursive: true);
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Below those that the system hands out.</summary>
    private static int FreePorts()
    {
        while (true)
        {
            var first = Random.Shared.Next(10_000, 30_000);
            if (!Enumerable.Range(first, Ports).Any(Listens)) return first;
        }
    }

    private static bool Listens(int port)
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        return Record.Exception(() => probe.Connect(IPAddress.Loopback, port)) is null;
    }
}
