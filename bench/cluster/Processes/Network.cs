using System.Net;
using System.Net.Sockets;

namespace Signaling.ClusterFaults.Processes;

/// <summary>Where nodes and their database run, and how one reaches them.</summary>
internal abstract class Network : IAsyncDisposable
{
    /// <summary>The database, among the parties; nodes are 1, 2, 3, …</summary>
    public const int Database = 0;

    /// <summary>The address of a party.</summary>
    public abstract string AddressOf(int party);

    /// <summary>The beginning of the command line of what runs there.</summary>
    public abstract IReadOnlyList<string> Within(int party);

    /// <summary>A TCP port of a party that nobody has; the same for the same number.</summary>
    public abstract int PortOf(int party, int number);

    public abstract ValueTask DisposeAsync();
}

/// <summary>Everything on this machine's loopback address: fast, and cannot be cut.</summary>
internal sealed class Loopback : Network
{
    private readonly Dictionary<(int Party, int Number), int> _ports = [];

    public override string AddressOf(int party) => "127.0.0.1";

    public override IReadOnlyList<string> Within(int party) => [];

    public override int PortOf(int party, int number)
    {
        if (!_ports.TryGetValue((party, number), out var port)) _ports.Add((party, number), port = FreePort());
        return port;
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }
}
