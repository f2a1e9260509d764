using System.Text;
using CsCheck;
using Signaling.Actors.Messages;
using Signaling.Actors.Protocol;
using Signaling.Actors.Tests.Testing;
using Signaling.Cluster.Rosters;
using Signaling.Cluster.Wire;
using static Signaling.Actors.Directory.ReplicaProtocol;

namespace Signaling.Cluster.Tests.Presence;

/// <summary>What directories tell each other, as bytes and back.</summary>
public sealed class RosterItemsSpecs
{
    private static readonly PeerId Bob = NodeSpecs.Peer("bob");

    private static readonly Gen<PeerState> State = Gen.Select(
        Gen.Int[0, 2], Gen.String[Gen.Char.AlphaNumeric, 1, 40], Gen.Long[0, long.MaxValue], Gen.Long[0, 1_000], Gen.Int[0, 3_000_000], Gen.String[Gen.Char["mobile<ä€"], 1, 12], Gen.Int[0, 400],
        PeerState (kind, id, generation, registration, number, type, length) =>
        {
            var (peer, epoch) = (NodeSpecs.Peer(id), new Epoch(generation, registration));
            return kind switch
            {
                0 => new Here(peer, epoch, new Device(type, length == 0 ? Device.Unknown.Info : Encoding.UTF8.GetBytes($"\"{new string('x', length)}\"")), number * 1_000_000L),
                1 => new Gone(peer, epoch, TimeSpan.FromMilliseconds(number)),
                _ => new Replaced(peer, epoch),
            };
        });

    [Fact]
    public void Whatever_is_written_is_read() => State.Array[1, 60].Sample(
        states =>
        {
            var pending = new PendingStates();
            foreach (var state in states) pending.Add(state);

            var read = Send(pending).SelectMany(item => item).ToList();

            var last = states.Reverse().DistinctBy(state => state.Peer).ToDictionary(state => state.Peer);
            Assert.Equal(states.Select(state => state.Peer).Distinct(), read.Select(state => state.Peer)); // in the order in which they were first to be told
            Assert.All(read, state => AssertSame(last[state.Peer], state));
        },
        iter: 1_000);

    [Fact]
    public void An_item_is_no_longer_than_32_KiB_and_what_crosses_that()
    {
        var pending = new PendingStates();
        for (var i = 0; i < 100; i++) pending.Add(new Here(NodeSpecs.Peer($"peer-{i:00}"), new Epoch(1, 1), new Device("mobile", new byte[4_000]), 1));

        var items = Send(pending);

        Assert.Equal([9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 1], items.Select(item => item.Count));
    }

    [Fact]
    public void Plain_devices_share_their_bytes()
    {
        var pending = new PendingStates();
        pending.Add(new Here(Bob, new Epoch(1, 1), new Device("mobile", "{}"u8.ToArray()), 1));

        var here = Assert.IsType<Here>(Assert.Single(Assert.Single(Send(pending))));

        Assert.True(here.Device.Info.Span == Device.Unknown.Info.Span);
    }

    [Fact]
    public void A_directory_that_has_begun_anew_says_so() => Assert.False(RosterItems.TryRead(Item(writer => writer.Write((long)RosterItemKind.Started)), out _));

    [Fact]
    public void What_a_newer_node_says_is_skipped()
    {
        Assert.True(RosterItems.TryRead(Item(writer =>
        {
            writer.Write(99L);
            writer.Write("something new");
        }), out var states));

        Assert.Empty(states);
    }

    [Fact]
    public void Bytes_that_end_early_are_no_item()
    {
        var writer = Written(static writer =>
        {
            writer.Write((long)RosterItemKind.Here);
            writer.Write(Bob);
        });

        Assert.Throws<FormatException>(() => RosterItems.TryRead(new ItemReader(writer.Written.Span, new PeerIds()).ReadItem(out _), out _));
    }

    private static List<List<PeerState>> Send(PendingStates pending)
    {
        var items = new List<List<PeerState>>();
        while (pending.Count > 0)
        {
            Assert.True(RosterItems.TryRead(Item(writer => RosterItems.Write(writer, pending)), out var states));
            items.Add(states);
        }
        return items;
    }

    private static ItemReader Item(Action<ItemWriter> write)
    {
        var item = new ItemReader(Written(write).Written.Span, new PeerIds()).ReadItem(out var kind);
        Assert.Equal(ItemKind.Roster, kind);
        return item;
    }

    private static ItemWriter Written(Action<ItemWriter> write)
    {
        var writer = new ItemWriter();
        writer.Begin(ItemKind.Roster);
        write(writer);
        writer.End();
        return writer;
    }

    private static void AssertSame(PeerState expected, PeerState actual)
    {
        if (expected is not Here here)
        {
            Assert.Equal(expected, actual);
            return;
        }
        var read = Assert.IsType<Here>(actual);
        Assert.Equal((here.Peer, here.Epoch, here.ConnectedAt, here.Device.Type), (read.Peer, read.Epoch, read.ConnectedAt, read.Device.Type));
        Assert.Equal(here.Device.Info.ToArray(), read.Device.Info.ToArray());
    }
}
