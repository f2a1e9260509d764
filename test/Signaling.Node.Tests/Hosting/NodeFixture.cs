namespace Signaling.Node.Tests.Hosting;

/// <summary>One node process for a class of tests.</summary>
public abstract class NodeFixture(params string[] arguments) : IAsyncLifetime
{
    public NodeProcess Process { get; private set; } = null!;

    public HttpClient Http { get; } = new() { Timeout = NodeProcess.Patience };

    /// <summary>A client as this node's clients are.</summary>
    public virtual Task<SignalingClient> ConnectAsync(string path = "/") => SignalingClient.ConnectAsync(new Uri(Process.Clients, path));

    public virtual async Task InitializeAsync() => Process = await NodeProcess.StartAsync(arguments);

    public virtual async Task DisposeAsync()
    {
        Http.Dispose();
        await Process.DisposeAsync();
    }
}

/// <summary>As it comes.</summary>
public sealed class DefaultNode() : NodeFixture;

/// <summary>Announces a departure soon.</summary>
public sealed class QuickPresenceNode() : NodeFixture("--set", "Presence:OfflineGrace=00:00:00.2");

/// <summary>Pings as often as the options allow, and gives up as soon as a loaded machine allows.</summary>
public sealed class ImpatientNode() : NodeFixture(
    "--set", "Connection:PingInterval=00:00:01", "--set", "Connection:PongTimeout=00:00:03", "--set", "Presence:OfflineGrace=00:00:00.2");
