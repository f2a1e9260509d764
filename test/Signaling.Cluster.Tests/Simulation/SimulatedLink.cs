using Akka.Actor;
using Signaling.Cluster.Links;
using Signaling.Cluster.Wire;

namespace Signaling.Cluster.Tests.Simulation;

/// <summary>One direction between two nodes of a <see cref="SimulatedCluster"/>: what a <see cref="LinkActor"/> promises, with a delay.</summary>
internal sealed class SimulatedLink
{
    private readonly PeerIds _peers = new();

    private SimulatedLink(SimulatedCluster cluster, SimulatedNode from, SimulatedNode to)
    {
        (From, To) = (from, to);
        Pump = cluster.Started(Props.Create<PumpActor>(cluster, this), $"link-{from.Number}-{to.Number}");
        Link = new NodeLink(to.Address, Pump, cluster.Options.MaxLinkBytes);
    }

    public SimulatedNode From { get; }

    public SimulatedNode To { get; }

    public NodeLink Link { get; }

    public IActorRef Pump { get; }

    /// <summary>The other direction.</summary>
    public SimulatedLink Back { get; private set; } = null!;

    public static void Open(SimulatedCluster cluster, SimulatedNode one, SimulatedNode other)
    {
        var (there, back) = (new SimulatedLink(cluster, one, other), new SimulatedLink(cluster, other, one));
        (there.Back, back.Back) = (back, there);
        foreach (var link in new[] { there, back })
        {
            link.From.Links.Add(link);
            link.From.Mailboxes.LinkOpened(link.Link);
        }
    }

    /// <summary>The other node is no member any more.</summary>
    public void Close()
    {
        From.Links.Remove(this);
        if (From.IsDead) return;
        Link.Close();
        From.Mailboxes.LinkClosed(Link);
    }



    private void Arrive(ReadOnlyMemory<byte> items)
    {
        if (From.IsDead || To.IsDead) return;
        for (var batch = new ItemReader(items.Span, _peers); !batch.IsAtEnd;)
        {
            var item = batch.ReadItem(out var kind);
            To.Mailboxes.Take(Back.Link, kind, item);
        }
    }

    private sealed class PumpActor : ReceiveActor, IWithTimers
    {
        private readonly Queue<ReadOnlyMemory<byte>> _underWay = [];
        private long _number;

        public PumpActor(SimulatedCluster cluster, SimulatedLink link)
        {
            Receive<LinkActor.Flush>(_ =>
            {
                while (link.Link.Take() is { } batch)
                {
                    _underWay.Enqueue(batch.Written);
                    Timers.StartSingleTimer(++_number, "arrive", cluster.LinkDelay ?? cluster.Delay);
                }
            });
            Receive<string>(_ => link.Arrive(_underWay.Dequeue()));
        }

        public ITimerScheduler Timers { get; set; } = null!;        // set by Akka before PreStart
    }
}
