using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Akka.Actor;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;
using Signaling.Cluster.Hosting;
using Signaling.Cluster.Links;
using Signaling.Cluster.Wire;
using static Signaling.Actors.Messages.MailboxProtocol;

namespace Signaling.Cluster.Mailboxes;

/// <summary>The mailboxes of a cluster as one node sees them. The shard region finds and wakes them; messages go to them straight, or by the link to their node.</summary>
internal sealed class ClusterMailboxes(ClusterOptions options, TimeProvider time) : IMailboxes, ILinkReceiver
{
    /// <summary>Messages for one peer that wait while its mailbox is looked for; more are refused.</summary>
    public const int MaxWaiting = 1_000;

    /// <summary>So long after a shard has come to this node its mailboxes expect connections that have not attached again yet.</summary>
    private static readonly TimeSpan Youth = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<PeerId, ClusterAddress> _addresses = new();
    private readonly ConcurrentDictionary<IActorRef, LocalConnection> _connections = new();
    private readonly ConcurrentDictionary<long, LocalConnection> _connectionsByNumber = new();
    private readonly ConditionalWeakTable<IActorRef, object> _shards = [];
    private readonly ConcurrentDictionary<NodeLink, bool> _links = new();
    private IActorRefProvider _provider = null!;
    private IActorRef _finder = ActorRefs.Nobody;
    private Router? _router;
    private long _number;
    private long _keptBytes;
    private volatile bool _isEnding;

    /// <summary>Bytes of messages that this node keeps until a mailbox elsewhere has answered, or is found.</summary>
    public long KeptBytes => Interlocked.Read(ref _keptBytes);

    /// <summary>The other nodes.</summary>
    public ICollection<NodeLink> Links => _links.Keys;

    /// <summary>Seconds, of a clock of its own.</summary>
    public int Now => (int)time.GetElapsedTime(0).TotalSeconds;

    /// <summary>Another node is there to take this one's mailboxes.</summary>
    public bool HasSuccessor => _links.Keys.Any(link => !link.IsEnding);

    public IActorRef Start(IActorContext directory) => _router ?? throw new InvalidOperationException("The cluster has not started.");

    /// <summary>The actors run.</summary>
    /// <param name="finder">The <see cref="FinderActor"/>.</param>
    public void Started(IInternalActorRef finder)
    {
        _finder = finder;
        _provider = finder.Provider;
        _router = new Router(this, finder);
    }

    public ClusterAddress AddressOf(PeerId peer) => _addresses.GetOrAdd(peer, static (peer, mailboxes) => new ClusterAddress(peer, mailboxes), this);

    /// <summary>The address for a mailbox that is about to start on this node.</summary>
    public ClusterAddress AddressToStart(PeerId peer)
    {
        while (true)
        {
            var address = AddressOf(peer);
            if (address.TryReserve()) return address;
        }
    }

    public ClusterAddress? Find(PeerId peer) => _addresses.GetValueOrDefault(peer);

    public void Remove(ClusterAddress gone) => _addresses.TryRemove(new KeyValuePair<PeerId, ClusterAddress>(gone.Peer, gone));

    /// <summary>Rises with each call, for messages and attempts alike.</summary>
    public long NextNumber() => Interlocked.Increment(ref _number);

    /// <summary>Counts a message that is kept.</summary>
    /// <returns>False where too much is kept already.</returns>
    public bool TryKeep(Deliver message)
    {
        if (Interlocked.Add(ref _keptBytes, message.Json.Length) <= options.MaxKeptBytes) return true;
        Release(message);
        return false;
    }

    public void Release(Deliver message) => Interlocked.Add(ref _keptBytes, -message.Json.Length);

    public void Seek(ClusterAddress address) => _finder.Tell(new FinderActor.Seek(address), ActorRefs.NoSender);

    /// <summary>Whether the shard, by its actor, came to this node a moment ago.</summary>
    public bool IsYoung(IActorRef shard)
    {
        var since = (long)_shards.GetValue(shard, _ => time.GetTimestamp());
        return time.GetElapsedTime(since) < Youth;
    }

    /// <summary>What a connection of this node is called on others.</summary>
    /// <param name="connection">It.</param>
    /// <param name="peer">Whose mailbox it registers with.</param>
    /// <param name="link">To that.</param>
    public long NumberOf(IActorRef connection, PeerId peer, NodeLink link)
    {
        var local = _connections.GetOrAdd(connection, static (connection, mailboxes) => new LocalConnection(connection, mailboxes.NextNumber()), this);
        if (_connectionsByNumber.TryAdd(local.Number, local)) _finder.Tell(new FinderActor.Watch(connection), ActorRefs.NoSender);
        local.Attaches(peer, link);
        return local.Number;
    }

    /// <summary>A connection that was attached to other nodes' mailboxes has ended.</summary>
    public void ConnectionEnded(IActorRef connection)
    {
        if (!_connections.TryRemove(connection, out var local)) return;
        _connectionsByNumber.TryRemove(local.Number, out _);
        local.End();
    }

    /// <summary>Forgets addresses that nobody has used for a while.</summary>
    public void ForgetUnused(TimeSpan unused)
    {
        var before = Now - (int)unused.TotalSeconds;
        foreach (var address in _addresses.Values) address.EndIfUnused(before);
    }

    public NodeLink? LinkTo(Address node) => _links.Keys.FirstOrDefault(link => link.Node.Address.Equals(node));

    /// <summary>This node ends: says so to the others, so that its mailboxes move.</summary>
    public void End()
    {
        _isEnding = true;
        foreach (var link in _links.Keys) link.Ending();
    }

    /// <summary>Whether the node ends soon.</summary>
    /// <param name="node">Its address; that of this one has no host.</param>
    public bool IsEnding(Address node) => node.HasLocalScope ? _isEnding : LinkTo(node) is { IsEnding: true };

    public void LinkOpened(NodeLink link)
    {
        _links[link] = true;
        if (_isEnding) link.Ending();
    }

    public void LinkClosed(NodeLink link)
    {
        _links.TryRemove(link, out _);
        foreach (var address in _addresses.Values) address.Lost(link);
        foreach (var connection in _connections.Values) connection.Loses(link);
        _finder.Tell(FinderActor.LookAnew.Instance, ActorRefs.NoSender);
    }

    public void Take(NodeLink link, ItemKind kind, ItemReader item)
    {
        switch (kind)
        {
            case ItemKind.Deliver: TakeMessage(link, item); break;
            case ItemKind.Attach: TakeAttach(link, item); break;
            case ItemKind.Detach: TellMailbox(new Detach(item.ReadPeer(), item.ReadEpoch(), item.ReadLong())); break;
            case ItemKind.Confirm: TellMailbox(new Confirm(item.ReadPeer(), item.ReadEpoch(), item.ReadLong())); break;
            case ItemKind.ConnectionGone: link.Forget(item.ReadLong()); break;
            case ItemKind.Delivered or ItemKind.Stored or ItemKind.Refused or ItemKind.Released: TakeAnswer(kind, item); break;
            case ItemKind.Ending: link.Ends(); break;
            case ItemKind.NotHere: Find(item.ReadPeer())?.NotThere(link, item.ReadLong()); break;
            case >= ItemKind.Attached and <= ItemKind.HandOver: TellConnection(link, kind, item); break;
        }
    }

    private void TakeMessage(NodeLink link, ItemReader item)
    {
        var peer = item.ReadPeer();
        var (attempt, previous, number) = (item.ReadLong(), item.ReadLong(), item.ReadLong());
        if (Find(peer) is not { } address)
        {
            link.NotHere(peer, attempt);
            return;
        }
        var message = new Deliver(peer, item.ReadPeer(), MessageType.Unknown, WantsReceipt: item.ReadBool(), Id: item.ReadBytes(), Json: item.ReadBytes());
        address.Take(message, new RemoteSender(link, peer, number, _provider), link, attempt, previous, number);
    }

    private void TakeAttach(NodeLink link, ItemReader item)
    {
        var (peer, attempt) = (item.ReadPeer(), item.ReadLong());
        var attach = new Attach(peer, link.Connection(item.ReadLong(), _provider), Acks: item.ReadBool(), Previous: item.ReadBool() ? item.ReadEpoch() : null);
        AddressOf(peer).Take(attach, link, attempt);
    }

    private void TellMailbox(IMailboxCommand command) => Find(command.Peer)?.TellMailbox(command);

    private void TakeAnswer(ItemKind kind, ItemReader item)
    {
        if (Find(item.ReadPeer()) is not { } address || !address.TryTakeAnswered(item.ReadLong(), out var message, out var sender)) return;
        switch (kind)
        {
            case ItemKind.Delivered: sender.Tell(new Delivered(address.Peer, message.Id), ActorRefs.NoSender); break;
            case ItemKind.Stored: sender.Tell(new Stored(address.Peer, message.Id, message.Type, message.WantsReceipt), ActorRefs.NoSender); break;
            case ItemKind.Refused: sender.Tell(new Refused(message.Id, RefusalOf(item.ReadText())), ActorRefs.NoSender); break;
        }
    }

    private static ErrorCode RefusalOf(string code) =>
        code == ErrorCode.MailboxQuota.Code ? ErrorCode.MailboxQuota
        : code == ErrorCode.StoreUnavailable.Code ? ErrorCode.StoreUnavailable
        : ErrorCode.RecipientBusy;

    private void TellConnection(NodeLink link, ItemKind kind, ItemReader item)
    {
        if (!_connectionsByNumber.TryGetValue(item.ReadLong(), out var connection)) return; // it has ended, and its mailboxes hear so
        var peer = item.ReadPeer();
        object message = kind switch
        {
            ItemKind.Attached => new Attached(peer, item.ReadEpoch(), item.ReadBool()),
            ItemKind.NotAttached => new NotAttached(peer),
            ItemKind.Replaced => new Replaced(peer, item.ReadEpoch()),
            ItemKind.Release => new Release(peer, item.ReadEpoch()),
            ItemKind.AttachAgain => new AttachAgain(peer),
            ItemKind.TooSlow => new TooSlow(peer),
            _ => new HandOver(peer, item.ReadPeer(), item.ReadLong(), item.ReadBool(), item.ReadBytes()),
        };
        connection.Ref.Tell(message, kind == ItemKind.Attached ? new RemoteMailbox(link, connection, _provider) : ActorRefs.NoSender);
    }

    /// <summary>Takes commands for any mailbox, on the thread of who tells them.</summary>
    private sealed class Router(ClusterMailboxes mailboxes, IInternalActorRef finder) : MinimalActorRef
    {
        public override ActorPath Path { get; } = finder.Path / "router";

        public override IActorRefProvider Provider => finder.Provider;

        protected override void TellInternal(object message, IActorRef sender)
        {
            var command = (IMailboxCommand)message;
            if (command is Withdraw withdrawn)
            {
                mailboxes.Find(withdrawn.Peer)?.Withdraw(withdrawn);
                return;
            }
            while (!mailboxes.AddressOf(command.Peer).TryTell(command, sender))
            {
                // It went meanwhile; the next one is another.
            }
        }
    }
}
