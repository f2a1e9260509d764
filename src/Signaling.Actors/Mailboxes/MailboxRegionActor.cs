using Akka.Actor;

namespace Signaling.Actors.Mailboxes;

/// <summary>Supervises the mailboxes: starts one where a command finds none, and stops it where it has nothing to do. Commands come to them by their <see cref="MailboxAddress"/>.</summary>
/// <remarks>A mailbox that has nothing to do asks for <see cref="Passivate"/>. Commands that come until it has stopped wait in its address, so none is lost.</remarks>
internal sealed class MailboxRegionActor : ReceiveActor
{
    private readonly MailboxServices _services;

    public MailboxRegionActor(MailboxServices services)
    {
        _services = services;
        Receive<Start>(start => StartMailbox(start.Address));
        Receive<Passivate>(passivate => passivate.Address.Hold()?.Tell(Stop.Instance));
        Receive<Needed>(needed => needed.Address.LeadTo(Sender));
        Receive<Stopped>(stopped =>
        {
            if (!stopped.Address.TryEnd()) StartMailbox(stopped.Address);
        });
    }

    public static Props Props(MailboxServices services) => Akka.Actor.Props.Create<MailboxRegionActor>(services);

    /// <summary>A failed mailbox restarts from its store, however often, though ever more slowly (<see cref="MailboxActor"/>); the others know nothing of it.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Restart);

    private void StartMailbox(MailboxAddress address)
    {
        var mailbox = Context.ActorOf(MailboxActor.Props(address, _services));
        Context.WatchWith(mailbox, new Stopped(address));
        address.LeadTo(mailbox);
    }

    /// <summary>From the router: commands wait there for a mailbox.</summary>
    internal sealed record Start(MailboxAddress Address);

    /// <summary>From a mailbox: nothing waits here and nobody is attached; stop me.</summary>
    internal sealed record Passivate(MailboxAddress Address);

    /// <summary>From a mailbox that was told to stop: it is needed after all.</summary>
    internal sealed record Needed(MailboxAddress Address);

    /// <summary>To a mailbox: stop, if you still have nothing to do; else answer <see cref="Needed"/>.</summary>
    internal sealed record Stop
    {
        public static readonly Stop Instance = new();
    }

    private sealed record Stopped(MailboxAddress Address);
}
