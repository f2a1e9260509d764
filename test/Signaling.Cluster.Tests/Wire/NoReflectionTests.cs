using System.Collections.Concurrent;
using System.Runtime.Serialization;
using System.Text;
using System.Text.Json;
using Akka.Actor;
using Akka.Hosting;
using Akka.Serialization;
using Microsoft.Extensions.DependencyInjection;
using Signaling.Actors.Hosting;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Messages;
using Signaling.Actors.Tests.Testing;
using Signaling.Bench.Micro.Cluster;
using Signaling.Bench.Micro.InMemory;
using static Signaling.Actors.Messages.MailboxProtocol;

namespace Signaling.Cluster.Tests.Wire;

/// <summary>Three nodes that speak over sockets, and do all that nodes do with each other: whatever they say has a serializer that was written for it.</summary>
public sealed class NoReflectionTests : IAsyncLifetime
{
    private const int PeersPerNode = 8;

    private readonly InMemoryMailboxStore _store = new(TimeProvider.System);
    private readonly List<ClusterNode> _nodes = [];
    private readonly List<ActorSystem> _systems = [];
    private readonly int _seed = ClusterNode.FreePort();

    public async Task InitializeAsync()
    {
        for (var i = 0; i < 3; i++)
        {
            var port = i == 0 ? _seed : ClusterNode.FreePort();
            _nodes.Add(await ClusterNode.StartAsync(port, _seed, _store, services => services.AddSingleton<INodeExtension>(new Spying(_systems))).Soon());
        }
    }

    public async Task DisposeAsync()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
    }

    [Fact]
    public async Task Nothing_that_crosses_nodes_needs_it()
    {
        var peers = new List<Client>();
        foreach (var node in _nodes)
        {
            for (var i = 0; i < PeersPerNode; i++) peers.Add(await ConnectAsync(node, $"peer-{peers.Count}"));
        }
        await SendToAllAsync(peers, round: 1);

        var moved = await ConnectAsync(_nodes[1], "peer-0");       // takes it over from the first node
        peers[0] = moved;
        await SendToAllAsync(peers, round: 2);
        await SendAsync(peers[0], "nobody", "is-away", "stored");

        await SeesOnlineAsync(peers[1], "peer-20").Soon();

        Assert.NotEqual(0, await _nodes[2].CountShardsAsync());
        await _nodes[2].DisposeAsync();                            // its mailboxes go to the others
        _nodes.RemoveAt(2);
        peers.RemoveRange(2 * PeersPerNode, PeersPerNode);
        await SendToAllAsync(peers, round: 3);

        Assert.Empty(Spy.Asked);

        // So it would have been noticed.
        var other = ((ExtendedActorSystem)_systems[1]).Provider.DefaultAddress;
        _systems[0].ActorSelection(new RootActorPath(other) / "user" / "nodes").Tell(new Confirm(Values.Peer("bob"), new Epoch(1, 1), Through: 0));
        Assert.Equal(typeof(Confirm), await Spy.FirstAsync().Soon());
    }

    private static async Task<Client> ConnectAsync(ClusterNode node, string peer)
    {
        var client = new Client(peer);
        node.Connect(client);
        await client.HearsAsync("registered").Soon();
        return client;
    }

    private static async Task SendToAllAsync(List<Client> peers, int round)
    {
        foreach (var sender in peers)
        {
            foreach (var recipient in peers.Where(peer => peer != sender)) await SendAsync(sender, recipient.Peer, $"{round}-{sender.Peer}-{recipient.Peer}", "delivered");
        }
    }

    private static async Task SendAsync(Client sender, string to, string id, string status)
    {
        sender.Say($$"""{"type":"offer","to":"{{to}}","id":"{{id}}","receipt":true}""");
        var receipt = await sender.HearsAsync("receipt", id).Soon();
        Assert.Equal(status, receipt.GetProperty("status").GetString());
    }

    /// <summary>Asks until another node's word of it has come.</summary>
    private static async Task SeesOnlineAsync(Client client, string peer)
    {
        JsonElement answer;
        do answer = await client.AskAsync($$"""{"type":"peer-status","peerId":"{{peer}}"}""");
        while (answer.GetProperty("status").GetString() != "online");
    }

    private sealed class Client(string peer) : MemorySocket
    {
        private readonly ConcurrentDictionary<string, TaskCompletionSource<JsonElement>> _awaited = new();
        private TaskCompletionSource<JsonElement> _answer = New();

        public string Peer => peer;

        public void Say(string json) => Says(Encoding.UTF8.GetBytes(json));

        public Task<JsonElement> AskAsync(string json)
        {
            _answer = New();
            Say(json);
            return _answer.Task;
        }

        public Task<JsonElement> HearsAsync(string type, string id = "") => Awaited($"{type} {id}").Task;

        protected override void OnStarted() => Register(peer);

        protected override void OnSent(ReadOnlySpan<byte> utf8)
        {
            var message = JsonDocument.Parse(utf8.ToArray()).RootElement;
            var type = message.GetProperty("type").GetString();
            Awaited($"{type} {(message.TryGetProperty("id", out var id) ? id.GetString() : "")}").TrySetResult(message);
            if (type == "peer-status-response") _answer.TrySetResult(message);
        }

        private TaskCompletionSource<JsonElement> Awaited(string what) => _awaited.GetOrAdd(what, static _ => New());

        private static TaskCompletionSource<JsonElement> New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Spying(List<ActorSystem> systems) : INodeExtension
    {
        public bool IsReady => true;

        public void Configure(AkkaConfigurationBuilder builder, IServiceProvider provider) => builder
            .AddHocon($$"""
                akka.actor.serializers.spy = "{{typeof(Spy).AssemblyQualifiedName}}"
                akka.actor.serialization-bindings."System.Object" = spy
                """,
                HoconAddMode.Prepend)
            .WithActors((system, _) => systems.Add(system));
    }

    /// <summary>Stands where <see cref="Signaling.Cluster.Wire.NoSerializer"/> does, and tells what it was asked for.</summary>
    internal sealed class Spy(ExtendedActorSystem system) : Serializer(system)
    {
        private static readonly TaskCompletionSource<Type> First = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public static ConcurrentQueue<Type> Asked { get; } = [];

        public override int Identifier => 4_713;

        public override bool IncludeManifest => false;

        public static Task<Type> FirstAsync() => First.Task;

        public override byte[] ToBinary(object obj)
        {
            Asked.Enqueue(obj.GetType());
            First.TrySetResult(obj.GetType());
            throw new SerializationException($"{obj.GetType()} has no serializer.");
        }

        public override object FromBinary(byte[] bytes, Type type) => throw new SerializationException("Nothing is read by reflection.");
    }
}
