using System.Diagnostics.Metrics;
using Akka.Actor;
using Akka.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Signaling.Actors.Auth;
using Signaling.Actors.Directory;
using Signaling.Actors.Hosting;
using Signaling.Actors.Limits;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Messages;
using Signaling.Actors.Privacy;
using Signaling.Actors.Stats;
using Signaling.Actors.Turn;

namespace Signaling.Bench.Micro.InMemory;

/// <summary>A node's actors with its default options, but for the limits of a client, and its settings of Akka, and the store in memory; without a host and a transport.</summary>
internal sealed class MemoryNode : IAsyncDisposable
{
    private static readonly LimitOptions Lifted = new() { MessagesPerSecond = 1_000_000_000, BytesPerSecond = 1_000_000_000_000, RecipientsPerMinute = 1_000_000 };

    private readonly ActorSystem _system = ActorSystem.Create("signaling", ConfigurationFactory.ParseString("akka.loglevel = WARNING").WithFallback(SignalingHosting.EmbeddedHocon("node.conf")));
    private readonly SignalingMetrics _metrics;
    private readonly IActorRef _directory;

    public MemoryNode()
    {
        var (options, store) = (new SignalingOptions(), new InMemoryMailboxStore());
        _metrics = new SignalingMetrics(new Meters(), TimeProvider.System, () => store.Totals.Messages);
        var mailbox = new MailboxServices(
            options.Mailbox, store, new StoreHealth(TimeProvider.System, NullLogger.Instance), TimeProvider.System, _metrics, NullLogger.Instance, new LogNames(options.Privacy.LogIds));
        _directory = _system.ActorOf(PeerDirectoryActor.Props(new DirectoryServices(
            options.Connection, Lifted, options.Presence, new IceServers(options.Turn, TimeProvider.System),
            new LocalMailboxes(mailbox), mailbox, TimeProvider.System, _metrics, Authorizer: null, NullLogger.Instance)));
    }

    /// <summary>Peers that are online.</summary>
    public long Peers => _metrics.Peers;

    /// <summary>A client has come: its connection actor starts it.</summary>
    public void Connect(MemorySocket socket) => _directory.Tell(new DirectoryProtocol.Connect(socket, ClientOrigin.Unknown));

    /// <summary>Ends without a word to the clients.</summary>
    public ValueTask DisposeAsync() => new(_system.Terminate());

    private sealed class Meters : IMeterFactory
    {
        public Meter Create(MeterOptions options) => new(options);

        public void Dispose()
        {
        }
    }
}
