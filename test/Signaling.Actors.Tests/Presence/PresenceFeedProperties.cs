using System.Text;
using CsCheck;
using Signaling.Actors.Presence;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Presence;

/// <summary>However fast each reader reads: at the end it knows of every peer what is so, and it was never told twice the same about the same change.</summary>
public sealed class PresenceFeedProperties
{
    private const int Peers = 5;

    [Fact]
    public void Every_reader_ends_up_knowing_what_is_so() => Gen.Select(Gen.Int[0, Peers - 1], Gen.Int[0, 2], Gen.Int[0, 3]).Array[0, 80].Sample(
        steps =>
        {
            var feed = new PresenceFeed();
            var isOnline = new bool[Peers];
            var readers = Enumerable.Range(0, 3).Select(i => (Reader: feed.ReadFromNow($"reader {i}"), Known: new bool[Peers], Read: new List<string>())).ToArray();
            var number = 0;
            foreach (var (peer, who, count) in steps)
            {
                isOnline[peer] = !isOnline[peer];
                feed.Append(NodeSpecs.Peer($"p{peer}"), isOnline[peer], Encoding.UTF8.GetBytes($"{++number}:{peer}:{isOnline[peer]}"), null);
                Read(readers[who], count);
            }

            foreach (var reader in readers)
            {
                Read(reader, int.MaxValue);
                Assert.Equal(isOnline, reader.Known);
                Assert.Equal(reader.Read.Distinct(), reader.Read);
                Assert.Equal(reader.Read.OrderBy(change => int.Parse(change.Split(':')[0], null)), reader.Read);
            }
        },
        iter: 2_000);

    private static void Read((PresenceReader Reader, bool[] Known, List<string> Read) reader, int count)
    {
        for (var i = 0; i < count && reader.Reader.TryRead(out var json); i++)
        {
            var change = Encoding.UTF8.GetString(json.Span);
            reader.Read.Add(change);
            reader.Known[int.Parse(change.Split(':')[1], null)] = bool.Parse(change.Split(':')[2]);
        }
    }
}
