using Akka.Actor;
using Akka.Dispatch.SysMsg;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;
using static Signaling.Actors.Messages.MailboxProtocol;

namespace Signaling.Cluster.Links;

/// <summary>A connection of another node, as mailboxes here know it. It can be watched; it has ended when its node says so, or is no member any more.</summary>
internal sealed class RemoteConnection(NodeLink link, long number, IActorRefProvider provider) : MinimalActorRef
{
    private readonly HashSet<IInternalActorRef> _watchers = [];
    private bool _hasEnded;

    public override ActorPath Path { get; } = link.Pump.Path / $"{number}";

    public override IActorRefProvider Provider { get; } = provider;

    public override void SendSystemMessage(ISystemMessage message)
    {
        switch (message)
        {
            case Watch watch:
                lock (_watchers)
                {
                    if (!_hasEnded)
                    {
                        _watchers.Add(watch.Watcher);
                        return;
                    }
                }
                TellEnd(watch.Watcher);
                break;
            case Unwatch unwatch:
                lock (_watchers) _watchers.Remove(unwatch.Watcher);
                break;
        }
    }

    public void End()
    {
        IInternalActorRef[] watchers;
        lock (_watchers)
        {
            _hasEnded = true;
            watchers = [.. _watchers];
            _watchers.Clear();
        }
        foreach (var watcher in watchers) TellEnd(watcher);
    }

    protected override void TellInternal(object message, IActorRef sender) => link.Tell(number, message);

    private void TellEnd(IInternalActorRef watcher) => watcher.SendSystemMessage(new DeathWatchNotification(this, existenceConfirmed: true, addressTerminated: false));
}

/// <summary>The mailbox of another node that has attached a connection here: takes what that says of its deliveries.</summary>
internal sealed class RemoteMailbox(NodeLink link, LocalConnection connection, IActorRefProvider provider) : MinimalActorRef
{
    public override ActorPath Path => link.Pump.Path;

    public override IActorRefProvider Provider { get; } = provider;

    protected override void TellInternal(object message, IActorRef sender)
    {
        switch (message)
        {
            case Confirm confirm: link.Confirm(confirm); break;
            case Detach detach:
                connection.Detaches(detach.Peer, link);
                link.Detach(detach);
                break;
            default: throw new ArgumentException($"{message.GetType()} goes to a mailbox by its address.", nameof(message));
        }
    }
}

/// <summary>The sender of one message that came from another node, which keeps it until it hears what became of it.</summary>
internal sealed class RemoteSender(NodeLink link, PeerId recipient, long number, IActorRefProvider provider) : MinimalActorRef, ICustodian
{
    public override ActorPath Path => link.Pump.Path;

    public override IActorRefProvider Provider { get; } = provider;

    public void Release() => link.Answer(recipient, number, outcome: null);

    protected override void TellInternal(object message, IActorRef sender) => link.Answer(recipient, number, message);
}
