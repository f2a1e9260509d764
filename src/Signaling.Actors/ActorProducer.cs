using Akka.Actor;

namespace Signaling.Actors;

/// <summary>Makes an actor without reflection, for those of which there are many.</summary>
internal sealed class ActorProducer<TActor>(Func<TActor> produce) : IIndirectActorProducer
    where TActor : ActorBase
{
    public Type ActorType => typeof(TActor);

    public ActorBase Produce() => produce();

    public void Release(ActorBase actor)
    {
    }
}
