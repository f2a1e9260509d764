using Signaling.ClusterFaults.Histories;

namespace Signaling.Cluster.Tests.Histories;

public sealed class DisturbanceSpecs
{
    private const long Second = 1_000_000_000;

    private readonly List<HistoryEvent> _history = [];

    [Fact]
    public void A_peer_cannot_be_reached_from_when_a_message_was_due_until_it_or_a_later_one_has_come()
    {
        At(0.9, Due(1, 0.9));
        At(1.0, new Fault(FaultKind.Killed, "node-1"));
        At(2.0, Due(2, 1.1));
        At(2.5, Due(3, 2.4));
        At(3.6, new Received("bob", "alice", 3));
        At(3.7, new Received("bob", "alice", 1));

        var spread = Assert.Single(Disturbances.Of(_history)).Unreachable;

        Assert.Equal((1, TimeSpan.FromSeconds(2.6), "bob"), (spread.Peers, spread.Longest, spread.Worst));
    }

    [Fact]
    public void What_never_comes_lasts_until_the_end()
    {
        At(1, new Fault(FaultKind.Stopped, "node-1"));
        At(2, Due(1, 2));
        At(9, new Joined("carol", PeerKind.Acks));

        Assert.Equal(TimeSpan.FromSeconds(7), Assert.Single(Disturbances.Of(_history)).Unreachable.Longest);
    }

    [Fact]
    public void Each_fault_has_what_happens_before_the_next_one()
    {
        At(1, new Fault(FaultKind.Killed, "node-1"));
        At(2, Due(1, 2));
        At(4, new Fault(FaultKind.Started, "node-1"));
        At(5, new Fault(FaultKind.Killed, "node-2"));
        At(6, new Received("bob", "alice", 1));

        Assert.Equal([TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(1)], Disturbances.Of(_history).Select(fault => fault.Unreachable.Longest));
    }

    [Fact]
    public void A_connection_that_its_peer_wanted_is_missed_until_the_next_one()
    {
        At(1, new Fault(FaultKind.Terminated, "node-1"));
        At(1, new Registered("bob", 1, "node-1"));
        At(1, new Registered("carol", 1, "node-1"));
        At(2, new Parted("bob", 1, IsLeave: false));
        At(2, new Parted("carol", 1, IsLeave: true));
        At(3.5, new Registered("bob", 2, "node-2"));
        At(9, new Registered("carol", 2, "node-2"));

        var spread = Assert.Single(Disturbances.Of(_history)).Disconnected;

        Assert.Equal((1, TimeSpan.FromSeconds(1.5), "bob"), (spread.Peers, spread.Longest, spread.Worst));
    }

    [Fact]
    public void A_killed_nodes_peers_are_reached_once_each_has_a_message_on_a_new_connection()
    {
        At(0, new Registered("bob", 1, "node-1"));
        At(0, new Registered("carol", 1, "node-2"));
        At(0, Due(1, 0));
        At(1, new Fault(FaultKind.Killed, "node-1"));
        At(1.1, new Received("bob", "alice", 1));                   // was on its way
        At(2, new Registered("bob", 2, "node-2"));
        At(4, new Fault(FaultKind.Unreachable, "node-1"));
        At(7, new Received("bob", "alice", 2));

        Assert.Equal(TimeSpan.FromSeconds(3), Assert.Single(Disturbances.Of(_history)).AfterVerdict);
    }

    [Fact]
    public void Without_a_verdict_there_is_no_time_after_it()
    {
        At(0, new Registered("bob", 1, "node-1"));
        At(0, Due(1, 0));
        At(1, new Fault(FaultKind.Killed, "node-1"));

        Assert.Null(Assert.Single(Disturbances.Of(_history)).AfterVerdict);
    }

    private static Sent Due(int number, double seconds) => new("alice", "bob", number, 1, Receipt: true, (long)(seconds * Second));

    private void At(double seconds, HistoryEvent happening) => _history.Add(happening with { At = (long)(seconds * Second) });
}
