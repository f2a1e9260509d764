using System.Text.Json;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Client.Tests.Testing;

/// <summary>A client, a node that the test plays, and a clock that stands still.</summary>
public abstract class ClientSpecs : IAsyncLifetime
{
    private readonly List<SignalingClient> _clients = [];

    private protected ScriptedNode Node { get; } = new();

    private protected TimerLog Time { get; } = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        Node.Dispose();
        foreach (var client in _clients) await client.DisposeAsync();
    }

    /// <summary>Pauses take the whole of their bound: 1 s, 2 s, 4 s.</summary>
    private protected SignalingClient Client(Func<SignalingClientOptions, SignalingClientOptions>? with = null)
    {
        var options = Options();
        var client = new SignalingClient(with?.Invoke(options) ?? options);
        _clients.Add(client);
        return client;
    }

    private protected SignalingClientOptions Options(
        Func<CancellationToken, ValueTask<string?>>? token = null, PeerKey? key = null, int capacity = 1_000, TimeSpan? connectTimeout = null) => new()
        {
            Server = new Uri("ws://signal.example.org/"),
            PeerId = "alice",
            Token = token,
            Key = key,
            OutboxCapacity = capacity,
            ConnectTimeout = connectTimeout ?? TimeSpan.FromHours(1), // its timer is removed a moment after the registration
            BackOffBase = TimeSpan.FromSeconds(1),
            BackOffLimit = TimeSpan.FromSeconds(30),
            TimeProvider = Time,
            Connect = Node.ConnectAsync,
            Jitter = () => 1,
        };

    private protected async Task<(SignalingClient Client, ScriptedConnection Connection)> RegisteredAsync()
    {
        var client = Client();
        var connecting = client.ConnectAsync();
        var connection = await Node.NextRegisteredAsync();
        await connecting.Soon();
        return (client, connection);
    }

    private protected static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;
}
