using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Dispatch.MessageQueues;
using Envelope = Akka.Actor.Envelope;

namespace Signaling.Actors.Dispatch;

/// <summary>What waits for one actor, in a ring as long as it has to be. Akka's own queue begins with 32 places and takes 1.2 KB of each actor,
/// and a client has two of those, which mostly wait for nothing. Safe for parallel use.</summary>
internal sealed class SmallMessageQueue : IMessageQueue, IUnboundedDequeBasedMessageQueueSemantics
{
    private const int First = 4;

    /// <summary>A ring that grew beyond this is let go when it is empty.</summary>
    private const int Kept = 64;

    private readonly object _gate = new();                          // a Lock is twice as large
    private Envelope[] _ring = [];
    private int _first;
    private volatile int _count;

    public bool HasMessages => _count > 0;

    public int Count => _count;

    public void Enqueue(IActorRef receiver, Envelope envelope)
    {
        lock (_gate)
        {
            MakeRoom();
            _ring[(_first + _count) & (_ring.Length - 1)] = envelope;
            _count++;
        }
    }

    /// <summary>For what was stashed.</summary>
    public void EnqueueFirst(Envelope envelope)
    {
        lock (_gate)
        {
            MakeRoom();
            _first = (_first - 1) & (_ring.Length - 1);
            _ring[_first] = envelope;
            _count++;
        }
    }

    public bool TryDequeue(out Envelope envelope)
    {
        envelope = default;
        if (_count == 0) return false;
        lock (_gate)
        {
            if (_count == 0) return false;
            envelope = _ring[_first];
            _ring[_first] = default;
            _first = (_first + 1) & (_ring.Length - 1);
            _count--;
            if (_count == 0 && _ring.Length > Kept) (_ring, _first) = ([], 0);
            return true;
        }
    }

    public void CleanUp(IActorRef owner, IMessageQueue deadletters)
    {
        while (TryDequeue(out var envelope)) deadletters.Enqueue(owner, envelope);
    }

    private void MakeRoom()
    {
        if (_count < _ring.Length) return;
        var ring = new Envelope[Math.Max(First, 2 * _ring.Length)]; // a power of two: places are found with a mask
        for (var i = 0; i < _count; i++) ring[i] = _ring[(_first + i) & (_ring.Length - 1)];
        (_ring, _first) = (ring, 0);
    }
}

/// <summary>The mailbox type of <c>node.conf</c>.</summary>
internal sealed class SmallMailboxType(Settings settings, Config config) : MailboxType(settings, config), IProducesMessageQueue<SmallMessageQueue>
{
    public override IMessageQueue Create(IActorRef owner, ActorSystem system) => new SmallMessageQueue();
}
