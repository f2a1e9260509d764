using Akka.Actor;
using Akka.Cluster;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;
using Signaling.Actors.Tests.Testing;
using Signaling.Cluster.Hosting;
using Signaling.Cluster.Links;
using Signaling.Cluster.Mailboxes;
using Signaling.Cluster.Wire;
using static Signaling.Actors.Messages.MailboxProtocol;

namespace Signaling.Cluster.Tests.Wire;

/// <summary>A sender's or a connection's node, and a mailbox's; what they tell each other is carried when the test says so.</summary>
internal sealed class TwoNodes
{
    public TwoNodes(ClusterOptions? options = null)
    {
        (Near, Far) = (new ClusterMailboxes(options ?? new ClusterOptions(), Time), new ClusterMailboxes(options ?? new ClusterOptions(), Time));
        (Out, Back) = (new NodeLink(Address(2), Pump, MaxLinkBytes), new NodeLink(Address(1), Pump, MaxLinkBytes));
        Near.Started(Finder);
        Far.Started(new Recorder("far-finder"));
        Near.LinkOpened(Out);
        Far.LinkOpened(Back);
    }

    public const long MaxLinkBytes = 1_000_000_000;

    public ManualTime Time { get; } = new();

    public ClusterMailboxes Near { get; }

    public ClusterMailboxes Far { get; }

    public NodeLink Out { get; }

    public NodeLink Back { get; }

    public Recorder Pump { get; } = new("pump");

    /// <summary>Who is asked to look for mailboxes, on the near node.</summary>
    public Recorder Finder { get; } = new("finder");

    /// <summary>A message or a connection for a mailbox that is on the far node, and is found there.</summary>
    public void Send(IMailboxCommand command, IActorRef sender)
    {
        Assert.True(Near.AddressOf(command.Peer).TryTell(command, sender));
        if (Near.AddressOf(command.Peer).IsSought) Near.AddressOf(command.Peer).LeadTo(Out);
    }

    /// <summary>A mailbox runs on the far node.</summary>
    public Recorder FarMailbox(PeerId peer)
    {
        var mailbox = new Recorder($"mailbox-{Far.NextNumber()}");
        ((MailboxAddress)Far.AddressOf(peer)).LeadTo(mailbox);
        return mailbox;
    }

    /// <summary>What waits arrives.</summary>
    public List<ItemKind> Carry() => [.. Arrive(Out, Far, Back), .. Arrive(Back, Near, Out)];

    /// <summary>What waits, as bytes.</summary>
    public static byte[] Bytes(NodeLink link)
    {
        var bytes = new List<byte>();
        while (link.Take() is { } batch) bytes.AddRange(batch.Written.Span);
        return [.. bytes];
    }

    private static List<ItemKind> Arrive(NodeLink link, ClusterMailboxes node, NodeLink back)
    {
        var kinds = new List<ItemKind>();
        for (var batch = new ItemReader(Bytes(link), new PeerIds()); !batch.IsAtEnd;)
        {
            var item = batch.ReadItem(out var kind);
            node.Take(back, kind, item);
            kinds.Add(kind);
        }
        return kinds;
    }

    private static UniqueAddress Address(int number) => new(new Address("akka.tcp", "signaling", $"node-{number}", 9_003), number);
}
