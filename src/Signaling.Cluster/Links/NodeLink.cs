using Akka.Actor;
using Akka.Cluster;
using Signaling.Actors.Protocol;
using Signaling.Cluster.Rosters;
using Signaling.Cluster.Wire;
using static Signaling.Actors.Messages.MailboxProtocol;

namespace Signaling.Cluster.Links;

/// <summary>The way to one other node. What is sent here arrives there once and in order as long as both nodes are members of the cluster; batched: what comes
/// while the last batch is on its way leaves in the next. Safe for parallel use.</summary>
/// <param name="node">The other one.</param>
/// <param name="pump">Its <see cref="LinkActor"/>.</param>
/// <param name="maxBytes">Most bytes that wait here, above which no more messages are taken.</param>
internal sealed class NodeLink(UniqueAddress node, IActorRef pump, long maxBytes)
{
    /// <summary>A batch is closed at so many bytes; the item that crosses it still belongs to it.</summary>
    private const int BatchBytes = 65_536;

    /// <summary>Batches are as large as those before them, or a quarter larger: they do not grow byte by byte, nor into the heap of large objects.</summary>
    private const int MinCapacity = 256, MaxCapacity = 80_000;

    private readonly Lock _gate = new();
    private readonly Queue<ItemWriter> _full = [];
    private readonly Dictionary<long, RemoteConnection> _connections = [];
    private ItemWriter? _open;
    private int _capacity = MinCapacity;
    private long _waitingBytes;
    private bool _isFlushing;
    private volatile bool _isClosed, _isEnding;

    public UniqueAddress Node { get; } = node;

    public IActorRef Pump { get; } = pump;

    /// <summary>The node is no member any more.</summary>
    public bool IsClosed => _isClosed;

    /// <summary>The node says that it ends soon.</summary>
    public bool IsEnding => _isEnding;

    /// <summary>Bytes that wait for their batch to leave.</summary>
    public long WaitingBytes => Interlocked.Read(ref _waitingBytes);

    /// <summary>A message for a mailbox there.</summary>
    /// <param name="message">It.</param>
    /// <param name="number">Rises on this node; names the message in its answer.</param>
    /// <param name="previous">The number before this one in the same attempt; 0 for the first.</param>
    /// <param name="attempt">To find the mailbox.</param>
    /// <param name="isResent">It was taken before; then there is no bound.</param>
    /// <returns>False where too much waits.</returns>
    public bool TryDeliver(Deliver message, long number, long previous, long attempt, bool isResent)
    {
        if (!isResent && WaitingBytes > maxBytes) return false;
        Send(ItemKind.Deliver, (message, number, previous, attempt), static (writer, it) =>
        {
            writer.Write(it.message.Peer);
            writer.Write(it.attempt);
            writer.Write(it.previous);
            writer.Write(it.number);
            writer.Write(it.message.From);
            writer.Write(it.message.WantsReceipt);
            writer.Write(it.message.Id.Span);
            writer.Write(it.message.Json.Span);
        });
        return true;
    }

    /// <summary>A connection of this node, by its number, registers with a mailbox there.</summary>
    public void Attach(Attach attach, long connection, long attempt) => Send(ItemKind.Attach, (attach, connection, attempt), static (writer, it) =>
    {
        writer.Write(it.attach.Peer);
        writer.Write(it.attempt);
        writer.Write(it.connection);
        writer.Write(it.attach.Acks);
        writer.Write(it.attach.Previous is not null);
        if (it.attach.Previous is { } previous) writer.Write(previous);
    });

    /// <summary>For the mailbox that is there now, if one is.</summary>
    public void Detach(Detach detach) => Send(ItemKind.Detach, detach, static (writer, it) =>
    {
        writer.Write(it.Peer);
        writer.Write(it.Epoch);
        writer.Write(it.Through);
    });

    /// <inheritdoc cref="Detach"/>
    public void Confirm(Confirm confirm) => Send(ItemKind.Confirm, confirm, static (writer, it) =>
    {
        writer.Write(it.Peer);
        writer.Write(it.Epoch);
        writer.Write(it.Through);
    });

    /// <summary>A connection of this node has ended.</summary>
    public void ConnectionGone(long connection) => Send(ItemKind.ConnectionGone, connection, static (writer, it) => writer.Write(it));

    /// <summary>What became of a message that came from there.</summary>
    /// <param name="peer">Its recipient.</param>
    /// <param name="number">Its number there.</param>
    /// <param name="outcome"><see cref="Delivered"/>, <see cref="Stored"/>, <see cref="Refused"/>; null where only its custody ends.</param>
    public void Answer(PeerId peer, long number, object? outcome)
    {
        var kind = outcome switch { Delivered => ItemKind.Delivered, Stored => ItemKind.Stored, Refused => ItemKind.Refused, _ => ItemKind.Released };
        Send(kind, (peer, number, outcome), static (writer, it) =>
        {
            writer.Write(it.peer);
            writer.Write(it.number);
            if (it.outcome is Refused refused) writer.Write(refused.Reason.Code);
        });
    }

    /// <summary>The mailbox is not here, or no more.</summary>
    public void NotHere(PeerId peer, long attempt) => Send(ItemKind.NotHere, (peer, attempt), static (writer, it) =>
    {
        writer.Write(it.peer);
        writer.Write(it.attempt);
    });

    /// <summary>To a connection there, from its mailbox here.</summary>
    /// <exception cref="ArgumentException">No message of a mailbox to a connection.</exception>
    public void Tell(long connection, object message)
    {
        switch (message)
        {
            case HandOver it:
                Send(ItemKind.HandOver, (connection, it), static (writer, sent) =>
            {
                var (connection, it) = sent;
                writer.Write(connection);
                writer.Write(it.Peer);
                writer.Write(it.From);
                writer.Write(it.Seq);
                writer.Write(it.IsAwaited);
                writer.Write(it.Json.Span);
            }); break;
            case Attached it: Tell(ItemKind.Attached, connection, it.Peer, it.Epoch, it.IsReconnect); break;
            case Replaced it: Tell(ItemKind.Replaced, connection, it.Peer, it.Epoch); break;
            case Release it: Tell(ItemKind.Release, connection, it.Peer, it.Epoch); break;
            case NotAttached it: Tell(ItemKind.NotAttached, connection, it.Peer); break;
            case AttachAgain it: Tell(ItemKind.AttachAgain, connection, it.Peer); break;
            case TooSlow it: Tell(ItemKind.TooSlow, connection, it.Peer); break;
            default: throw new ArgumentException($"{message.GetType()} is nothing that a mailbox tells a connection.", nameof(message));
        }
    }

    /// <summary>The directory here has begun anew.</summary>
    public void RosterStarted() => Send(ItemKind.Roster, RosterItemKind.Started, static (writer, kind) => writer.Write((long)kind));

    /// <summary>What the directory here has to say to the other one, as much of it as an item holds.</summary>
    /// <param name="states">At least one; those that are sent are taken.</param>
    /// <returns>False where the node is no member any more: then none is taken.</returns>
    public bool TryRoster(PendingStates states) => Send(ItemKind.Roster, states, RosterItems.Write);

    /// <summary>This node ends soon.</summary>
    public void Ending() => Send(ItemKind.Ending, 0, static (_, _) => { });

    /// <summary>The other node has said that it ends soon.</summary>
    public void Ends() => _isEnding = true;

    /// <summary>The connection there, as mailboxes here know it.</summary>
    public IActorRef Connection(long number, IActorRefProvider provider)
    {
        lock (_gate)
        {
            if (!_connections.TryGetValue(number, out var connection)) _connections[number] = connection = new RemoteConnection(this, number, provider);
            return connection;
        }
    }

    /// <summary>It has ended.</summary>
    public void Forget(long number)
    {
        RemoteConnection? gone;
        lock (_gate) _connections.Remove(number, out gone);
        gone?.End();
    }

    /// <summary>The next batch; null where nothing waits: then the next item asks for a flush. For its pump alone.</summary>
    public ItemWriter? Take()
    {
        lock (_gate)
        {
            if (!_full.TryDequeue(out var batch))
            {
                batch = _open;
                _open = null;
            }
            if (batch is null)
            {
                _isFlushing = false;
                return null;
            }
            _waitingBytes -= batch.Length;
            _capacity = Math.Clamp(batch.Length * 5 / 4, MinCapacity, MaxCapacity);
            return batch;
        }
    }

    /// <summary>The node is no member any more: what waits for it is dropped, and its connections have ended.</summary>
    public void Close()
    {
        RemoteConnection[] gone;
        lock (_gate)
        {
            _isClosed = true;
            (_open, _waitingBytes) = (null, 0);
            _full.Clear();
            gone = [.. _connections.Values];
            _connections.Clear();
        }
        foreach (var connection in gone) connection.End();
    }

    private void Tell(ItemKind kind, long connection, PeerId peer, Signaling.Actors.Messages.Epoch? epoch = null, bool? flag = null) =>
        Send(kind, (connection, peer, epoch, flag), static (writer, it) =>
        {
            writer.Write(it.connection);
            writer.Write(it.peer);
            if (it.epoch is { } epoch) writer.Write(epoch);
            if (it.flag is { } flag) writer.Write(flag);
        });

    private bool Send<T>(ItemKind kind, T what, Action<ItemWriter, T> write)
    {
        lock (_gate)
        {
            if (_isClosed) return false;
            _open ??= new ItemWriter(_capacity);
            var before = _open.Length;
            _open.Begin(kind);
            write(_open, what);
            _open.End();
            _waitingBytes += _open.Length - before;
            if (_open.Length >= BatchBytes)
            {
                _full.Enqueue(_open);
                _open = null;
            }
            if (_isFlushing) return true;
            _isFlushing = true;
        }
        Pump.Tell(LinkActor.Flush.Instance, ActorRefs.NoSender);
        return true;
    }
}
