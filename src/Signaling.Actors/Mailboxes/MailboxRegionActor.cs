using Akka.Actor;
using Signaling.Actors.Protocol;
using static Signaling.Actors.Messages.MailboxProtocol;

namespace Signaling.Actors.Mailboxes;

/// <summary>Finds or creates the mailbox that a command is for: what a shard region is in a cluster, for one node.</summary>
/// <remarks>A mailbox that has nothing to do asks for <see cref="Passivate"/>. Commands that come until it has stopped wait here, so none is lost.</remarks>
internal sealed class MailboxRegionActor : ReceiveActor
{
    private readonly MailboxServices _services;
    private readonly Dictionary<PeerId, IActorRef> _mailboxes = [];
    private readonly Dictionary<PeerId, List<(IMailboxCommand Command, IActorRef Sender)>> _stopping = [];

    public MailboxRegionActor(MailboxServices services)
    {
        _services = services;
        Receive<IMailboxCommand>(Route);
        Receive<Passivate>(passivate =>
        {
            if (_mailboxes.TryGetValue(passivate.Peer, out var mailbox) && mailbox.Equals(Sender) && _stopping.TryAdd(passivate.Peer, []))
                mailbox.Tell(Stop.Instance);
        });
        Receive<Needed>(needed =>
        {
            if (!_stopping.Remove(needed.Peer, out var waiting)) return;
            foreach (var (command, sender) in waiting) Sender.Tell(command, sender);
        });
        Receive<Stopped>(stopped =>
        {
            _mailboxes.Remove(stopped.Peer);
            if (!_stopping.Remove(stopped.Peer, out var waiting)) return;
            foreach (var (command, sender) in waiting) Mailbox(stopped.Peer).Tell(command, sender);
        });
    }

    public static Props Props(MailboxServices services) => Akka.Actor.Props.Create<MailboxRegionActor>(services);

    /// <summary>A failed mailbox restarts from its store, however often, though ever more slowly (<see cref="MailboxActor"/>); the others know nothing of it.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Restart);

    private void Route(IMailboxCommand command)
    {
        if (_stopping.Count > 0 && _stopping.TryGetValue(command.Peer, out var waiting)) waiting.Add((command, Sender));
        else Mailbox(command.Peer).Forward(command);
    }

    private IActorRef Mailbox(PeerId peer)
    {
        if (_mailboxes.TryGetValue(peer, out var mailbox)) return mailbox;
        mailbox = Context.ActorOf(MailboxActor.Props(peer, _services));
        Context.WatchWith(mailbox, new Stopped(peer));
        return _mailboxes[peer] = mailbox;
    }

    /// <summary>From a mailbox: nothing waits here and nobody is attached; stop me.</summary>
    internal sealed record Passivate(PeerId Peer);

    /// <summary>From a mailbox that was told to stop: it is needed after all.</summary>
    internal sealed record Needed(PeerId Peer);

    /// <summary>To a mailbox: stop, if you still have nothing to do; else answer <see cref="Needed"/>.</summary>
    internal sealed record Stop
    {
        public static readonly Stop Instance = new();
    }

    private sealed record Stopped(PeerId Peer);
}
