using Akka.Actor;

namespace Signaling.Cluster.Tests.Wire;

/// <summary>Keeps what it is told, and by whom.</summary>
internal sealed class Recorder(string name = "recorder") : MinimalActorRef
{
    private readonly List<(object Message, IActorRef Sender)> _told = [];

    public override ActorPath Path { get; } = new RootActorPath(new Address("akka", "test")) / name;

    public override IActorRefProvider Provider => null!;

    public IReadOnlyList<(object Message, IActorRef Sender)> Told => _told;

    public object Last => _told[^1].Message;

    public IActorRef LastSender => _told[^1].Sender;

    protected override void TellInternal(object message, IActorRef sender) => _told.Add((message, sender));
}
