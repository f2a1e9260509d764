using Akka.Actor;

namespace Signaling.Actors.Mailboxes;

/// <summary>Supervises a node's own mailboxes: starts one where a command finds none. Commands come to them by their <see cref="LocalMailboxAddress"/>.</summary>
/// <remarks>A mailbox that has nothing to do stops. Commands that come until it has stopped wait in its address, so none is lost.</remarks>
internal sealed class MailboxRegionActor : ReceiveActor
{
    private readonly MailboxServices _services;

    public MailboxRegionActor(MailboxServices services)
    {
        _services = services;
        Receive<Start>(start => StartMailbox(start.Address));
        Receive<Stopped>(stopped =>
        {
            if (!stopped.Address.TryEnd()) StartMailbox(stopped.Address);
        });
    }

    public static Props Props(MailboxServices services) => Akka.Actor.Props.Create<MailboxRegionActor>(services);

    /// <summary>A failed mailbox restarts from its store, however often, though ever more slowly (<see cref="MailboxActor"/>); the others know nothing of it.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Restart);

    private void StartMailbox(LocalMailboxAddress address) =>
        Context.WatchWith(Context.ActorOf(MailboxActor.Props(address, _services)), new Stopped(address));

    /// <summary>From the router: commands wait there for a mailbox.</summary>
    internal sealed record Start(LocalMailboxAddress Address);

    private sealed record Stopped(LocalMailboxAddress Address);
}
