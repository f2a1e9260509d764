using System.Text.Json;
using Akka.Actor;
using Signaling.Actors.Auth;
using Signaling.Actors.Connections;
using Signaling.Actors.Directory;
using Signaling.Actors.Limits;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Messages;
using Signaling.Actors.Presence;
using Signaling.Actors.Privacy;
using Signaling.Actors.Protocol;
using Signaling.Actors.Stats;
using Signaling.Actors.Turn;

namespace Signaling.Actors.Tests.Testing;

/// <summary>A whole node on virtual time, with clients in memory.</summary>
public abstract class NodeSpecs : VirtualTimeSpecs
{
    private readonly Lazy<IActorRef> _directory;

    protected NodeSpecs()
    {
        Health = new StoreHealth(Time, Logged);
        Metrics = new SignalingMetrics(Measured, Time, () => Store.Totals.Messages);
        _directory = new Lazy<IActorRef>(() =>
        {
            var mailbox = new MailboxServices(Mailbox, Store, Health, Time, Metrics, Logged, new LogNames(Privacy.LogIds));
            return Start(PeerDirectoryActor.Props(
                new DirectoryServices(Connection, Limits, Presence, new IceServers(Turn, Time), new LocalMailboxes(mailbox), mailbox, Time, Metrics, Authorizer, Logged)), "peers");
        });
    }

    protected SignalingMetrics Metrics { get; }

    internal Measurements Measured { get; } = new();

    internal LogLines Logged { get; } = new();

    internal ConnectionOptions Connection { get; } = new();

    internal LimitOptions Limits { get; } = new();

    internal MailboxOptions Mailbox { get; } = new();

    internal PresenceOptions Presence { get; } = new();

    internal TurnOptions Turn { get; } = new();

    internal PrivacyOptions Privacy { get; } = new();

    internal IMailboxStore Store { get; set; } = new InMemoryMailboxStore();

    internal StoreHealth Health { get; }

    internal IPeerAuthorizer? Authorizer { get; set; }

    protected IActorRef Directory => _directory.Value;

    internal static PeerId Peer(string id)
    {
        Assert.True(PeerId.TryParse(id, out var peer));
        return peer;
    }

    /// <summary>A client whose WebSocket is open.</summary>
    internal InMemorySocket Connect(bool isWritable = true, ClientOrigin? origin = null, ClientPlace? place = null)
    {
        var socket = new InMemorySocket(Time, Settle) { IsWritable = isWritable };
        Tell(Directory, new DirectoryProtocol.Connect(socket, origin ?? ClientOrigin.Unknown, place));
        return socket;
    }

    /// <summary>A client that is registered.</summary>
    internal InMemorySocket Register(string peer, bool isWritable = true)
    {
        var socket = Connect(isWritable);
        socket.Says($$"""{"type":"register","peerId":"{{peer}}"}""");
        return socket;
    }

    /// <summary>The <c>n</c> of every relayed message the client has, in the order it came, direct or as offline-message.</summary>
    internal static IEnumerable<int> Numbers(InMemorySocket socket) =>
        from json in socket.Received
        let message = JsonDocument.Parse(json).RootElement
        let relayed = message.TryGetProperty("originalMessage", out var original) ? original : message
        where relayed.TryGetProperty("n", out _)
        select relayed.GetProperty("n").GetInt32();

    /// <summary>What the client was told of each message that it sent with an id, a receipt's status or an error's code, in the order it was told.</summary>
    internal static IEnumerable<(string Id, string Answer)> Answers(InMemorySocket socket) =>
        from json in socket.Received
        let answer = JsonDocument.Parse(json).RootElement
        where answer.TryGetProperty("id", out _)
        select (answer.GetProperty("id").GetString()!, (answer.TryGetProperty("status", out var status) ? status : answer.GetProperty("code")).GetString()!);

    /// <summary>How many mailboxes are open.</summary>
    protected int MailboxCount() => Mailboxes.Children.Count();

    /// <summary>Makes every open mailbox fail.</summary>
    protected void FailMailboxes()
    {
        foreach (var mailbox in Mailboxes.Children) mailbox.Tell(Kill.Instance);
        Settle();
    }

    /// <summary>Makes the region fail that holds the mailboxes.</summary>
    protected void FailMailboxRegion() => Tell(Mailboxes, Kill.Instance);

    private ActorRefWithCell Mailboxes => (ActorRefWithCell)((ActorRefWithCell)Directory).GetSingleChild("mailboxes");

    /// <summary>Lets everything happen until something holds that another thread brings about.</summary>
    internal void Eventually(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(
        () =>
        {
            Settle();
            return condition();
        },
        TimeSpan.FromSeconds(30)));

    protected override void AfterAll()
    {
        base.AfterAll();
        Measured.Dispose();
    }
}
