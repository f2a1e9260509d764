using Akka.Actor;
using Akka.Cluster;
using Microsoft.Extensions.Logging;
using Signaling.Actors.Protocol;
using Signaling.Actors.Tests.Testing;
using Signaling.Cluster.Links;
using Signaling.Cluster.Wire;
using static Signaling.Actors.Messages.MailboxProtocol;

namespace Signaling.Cluster.Tests.Links;

/// <summary>Both ends of a link on virtual time, and between them a wire that does with each batch what the test says.</summary>
public abstract class LossyPair : VirtualTimeSpecs
{
    private readonly Logger _logged = new();

    protected LossyPair()
    {
        Start(Props.Create<WireEnd>(this, 2), LinkActor.NameFor(Node(1)));
        Start(Props.Create<WireEnd>(this, 1), LinkActor.NameFor(Node(2)));
        (One, Two) = (Open(1, 2), Open(2, 1));
    }

    internal const long MaxBytes = 1_000_000;

    /// <summary>Batches that are under way, in the order they were sent.</summary>
    internal List<(int To, LinkBatch Batch)> Wire { get; } = [];

    internal End One { get; }

    internal End Two { get; }

    /// <summary>So many errors were logged.</summary>
    internal int Errors => _logged.Errors;

    internal void Arrive(int index)
    {
        var (to, batch) = Wire[index];
        Wire.RemoveAt(index);
        Tell((to == 1 ? One : Two).Actor, batch);
    }

    /// <summary>Everything arrives, in order, and what it causes too.</summary>
    internal void ArriveAll()
    {
        while (Wire.Count > 0) Arrive(0);
    }

    internal static UniqueAddress Node(int number) => new(new Address("akka", "test"), number);

    internal static Deliver Message(int bytes) => new(NodeSpecs.Peer("bob"), NodeSpecs.Peer("alice"), MessageType.Offer, default, WantsReceipt: false, new byte[bytes]);

    private End Open(int self, int other)
    {
        var end = new End(Settle);
        end.Actor = Start(Props.Create<LinkActor>(Node(other), Node(self), MaxBytes, end, Time, (Action<int>)(_ => { }), _logged));
        return end;
    }

    /// <summary>What one node has of the link.</summary>
    internal sealed class End(Action settle) : ILinkReceiver
    {
        public IActorRef Actor { get; set; } = ActorRefs.Nobody;

        public NodeLink Link { get; private set; } = null!;

        public bool IsClosed { get; private set; }

        /// <summary>Numbers that came in items.</summary>
        public List<long> Received { get; } = [];

        /// <summary>Says a number, in an item that no bound stops.</summary>
        public void Say(long number)
        {
            Link.ConnectionGone(number);
            settle();
        }

        /// <summary>Says several at once.</summary>
        public void Say(long first, int count)
        {
            for (var i = 0; i < count; i++) Link.ConnectionGone(first + i);
            settle();
        }

        public bool TryDeliver(int bytes, bool isResent = false)
        {
            var taken = Link.TryDeliver(Message(bytes), number: 1, previous: 0, attempt: 1, isResent);
            settle();
            return taken;
        }

        void ILinkReceiver.LinkOpened(NodeLink link) => Link = link;

        void ILinkReceiver.LinkClosed(NodeLink link) => IsClosed = true;

        void ILinkReceiver.Take(NodeLink link, ItemKind kind, ItemReader item)
        {
            Assert.Same(Link, link);
            if (kind == ItemKind.ConnectionGone) Received.Add(item.ReadLong());
        }
    }

    /// <summary>Stands where the other node would be.</summary>
    private sealed class WireEnd : ReceiveActor
    {
        public WireEnd(LossyPair pair, int to) => Receive<LinkBatch>(batch => pair.Wire.Add((to, batch)));
    }

    private sealed class Logger : ILogger
    {
        public int Errors { get; private set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel >= LogLevel.Error) Errors++;
        }
    }
}
