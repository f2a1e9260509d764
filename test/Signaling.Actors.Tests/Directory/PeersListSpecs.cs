using System.Text;
using System.Text.Json;
using Akka.Actor;
using CsCheck;
using Signaling.Actors.Directory;
using Signaling.Actors.Messages;
using Signaling.Actors.Protocol;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Directory;

/// <summary>The whole list and its pages, without actors.</summary>
public sealed class PeersListSpecs
{
    private readonly Roster _roster = new();

    [Fact]
    public void Every_answer_leaves_out_who_asks_and_nobody_else() => Gen.Select(Gen.Int[0, 6], Gen.Int[0, 8].HashSet[0, 3]).Sample(
        (count, asking) =>
        {
            var roster = new Roster();
            for (var i = 0; i < count; i++) Add(roster, $"peer {i}");
            var ids = asking.Select(i => $"peer {i}").ToArray();

            var list = Parse(new PeersList(roster, timestamp: 7).AnswerTo([.. ids.Select(NodeSpecs.Peer)]));

            Assert.Equal(Enumerable.Range(0, count).Select(i => $"peer {i}").Except(ids), Ids(list));
            Assert.Equal((Ids(list).Count, 7), (list.GetProperty("count").GetInt32(), list.GetProperty("timestamp").GetInt64()));
            Assert.False(list.TryGetProperty("total", out _));
        },
        iter: 500);

    [Fact]
    public void Answers_share_the_bytes_of_the_list()
    {
        for (var i = 0; i < 100; i++) Add(_roster, $"peer {i}");
        var list = new PeersList(_roster, timestamp: 7);

        var (first, second) = (list.AnswerTo([NodeSpecs.Peer("peer 50")]), list.AnswerTo([NodeSpecs.Peer("peer 60")]));

        Assert.True(first.Json.Span.Overlaps(second.Json.Span));
        Assert.True(first.Rest.Span.Overlaps(second.Rest.Span));
    }

    /// <summary>iOS refuses messages above 1 MiB.</summary>
    [Fact]
    public void A_list_that_would_be_too_long_is_cut_and_says_of_how_many()
    {
        var phone = new Device("mobile", Encoding.UTF8.GetBytes($"\"{new string('x', 4_000)}\""));
        for (var i = 0; i < 300; i++) Add(_roster, $"peer {i:000}", phone);
        var list = new PeersList(_roster, timestamp: 7);

        foreach (var asking in (string[])["peer 000", "peer 299", "nobody"])
        {
            var answer = list.AnswerTo([NodeSpecs.Peer(asking)]);
            var json = Parse(answer);

            Assert.InRange(answer.Json.Length + answer.Rest.Length, 1_000_000, FrameWriter.MaxAnswerBytes);
            Assert.Equal(Ids(json).Count, json.GetProperty("count").GetInt32());
            Assert.Equal(asking == "nobody" ? 300 : 299, json.GetProperty("total").GetInt32());
            Assert.DoesNotContain(asking, Ids(json));
        }
    }

    [Fact]
    public void Pages_hold_everybody_once() => Gen.Select(Gen.Int[0, 30].HashSet[0, 30], Gen.Int[1, 7], Gen.Int[0, 30]).Sample(
        (peers, limit, asking) =>
        {
            var roster = new Roster();
            foreach (var peer in peers) Add(roster, $"peer {peer:00}");
            var read = new List<string>();
            for (PeerId? after = null; ;)
            {
                var (entries, next, total) = roster.Page(new PeersPage(limit, after, DeviceType: null), [NodeSpecs.Peer($"peer {asking:00}")]);
                Assert.InRange(entries.Count, next is null ? 0 : limit, limit);
                Assert.Equal(peers.Except([asking]).Count(), total);
                read.AddRange(entries.Select(Id));
                if (next is null) break;
                after = next;
            }
            Assert.Equal(peers.Except([asking]).Order().Select(peer => $"peer {peer:00}"), read);
        },
        iter: 500);

    [Fact]
    public void A_page_may_hold_one_kind_of_device()
    {
        for (var i = 0; i < 20; i++) Add(_roster, $"peer {i:00}", i % 3 == 0 ? new Device("desktop", "{}"u8.ToArray()) : Device.Unknown);

        var (first, next, total) = _roster.Page(new PeersPage(4, After: null, "desktop"), [NodeSpecs.Peer("peer 03"), NodeSpecs.Peer("peer 04")]);
        var (second, end, _) = _roster.Page(new PeersPage(4, next, "desktop"), [NodeSpecs.Peer("peer 03")]);

        Assert.Equal(["peer 00", "peer 06", "peer 09", "peer 12"], first.Select(Id));
        Assert.Equal(["peer 15", "peer 18"], second.Select(Id));
        Assert.Equal((6, null), (total, end));
        Assert.Empty(_roster.Page(new PeersPage(4, After: null, "mobile"), []).Entries);
    }

    /// <summary>Of a rare type a page may hold few, or none, and yet not be the last.</summary>
    [Fact]
    public void A_page_costs_no_more_than_a_part_of_the_list()
    {
        for (var i = 0; i < 15_000; i++) Add(_roster, $"peer {i:00000}", i == 14_000 ? new Device("desktop", "{}"u8.ToArray()) : Device.Unknown);

        var (first, next, _) = _roster.Page(new PeersPage(4, After: null, "desktop"), []);
        var (second, end, _) = _roster.Page(new PeersPage(4, next, "desktop"), []);

        Assert.Empty(first);
        Assert.Equal(["peer 14000"], second.Select(Id));
        Assert.Null(end);
    }

    [Fact]
    public void A_page_begins_behind_an_id_that_is_not_here()
    {
        Add(_roster, "alice");
        Add(_roster, "carol");

        Assert.Equal(["carol"], _roster.Page(new PeersPage(4, NodeSpecs.Peer("bob"), DeviceType: null), []).Entries.Select(Id));
        Assert.Empty(_roster.Page(new PeersPage(4, NodeSpecs.Peer("dave"), DeviceType: null), []).Entries);
    }

    [Fact]
    public void A_page_is_no_longer_than_an_answer_may_be()
    {
        var phone = new Device("mobile", Encoding.UTF8.GetBytes($"\"{new string('x', 4_000)}\""));
        for (var i = 0; i < 300; i++) Add(_roster, $"peer {i:000}", phone);

        var (first, next, total) = _roster.Page(new PeersPage(1_000, After: null, DeviceType: null), []);
        var (second, end, _) = _roster.Page(new PeersPage(1_000, next, DeviceType: null), []);

        Assert.InRange(FrameWriter.PeersPage(first, total, next, 1).Length, 1_000_000, FrameWriter.MaxAnswerBytes);
        Assert.Equal((300, null), (first.Count + second.Count, end));
    }

    /// <summary>Who is counted to a page is in its frame: the next page begins behind it.</summary>
    [Fact]
    public void A_page_that_is_nearly_too_long_is_written_whole()
    {
        for (var length = FrameWriter.MaxAnswerBytes - 2_400; length < FrameWriter.MaxAnswerBytes - 2_000; length += 5)
        {
            var roster = new Roster();
            Add(roster, "alice");
            Add(roster, "bob", new Device("mobile", Encoding.UTF8.GetBytes($"\"{new string('x', length)}\"")));

            var (entries, next, total) = roster.Page(new PeersPage(1_000, After: null, DeviceType: null), []);

            Assert.EndsWith($"],\"count\":{entries.Count},\"total\":2" + (next is null ? ",\"timestamp\":1}" : ",\"next\":\"alice\",\"timestamp\":1}"), Encoding.UTF8.GetString(FrameWriter.PeersPage(entries, total, next, 1)));
        }
    }

    private static void Add(Roster roster, string peer, Device? device = null) =>
        roster.TryAdd(new DirectoryProtocol.PeerOnline(NodeSpecs.Peer(peer), new Epoch(1, 1), ActorRefs.Nobody, device ?? Device.Unknown), now: 1, out _, out _);

    private static JsonElement Parse(DirectoryProtocol.Answer answer) => JsonDocument.Parse((byte[])[.. answer.Json.Span, .. answer.Rest.Span]).RootElement;

    private static List<string> Ids(JsonElement list) => [.. list.GetProperty("peers").EnumerateArray().Select(Id)];

    private static string Id(byte[] entry) => Id(JsonDocument.Parse(entry).RootElement);

    private static string Id(JsonElement entry) => entry.GetProperty("peerId").GetString()!;
}
