using CsCheck;
using Signaling.Actors.Presence;
using Signaling.Actors.Protocol;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Presence;

/// <summary>However fast each reader reads, and whatever scope it has: at the end it knows of each of its peers what is so, and it was never told twice the same
/// about the same change.</summary>
public sealed class PresenceProperties
{
    private const int Peers = 5;

    [Fact]
    public void Every_reader_ends_up_knowing_what_is_so() => Gen.Select(Gen.Int[0, Peers - 1], Gen.Int[0, 3], Gen.Int[0, 3], Gen.Int[0, 20]).Array[0, 80].Sample(
        steps =>
        {
            var run = new HubRun(new PresenceOptions { BroadcastLimit = 10 });
            var isOnline = new bool[Peers];
            PresenceScope[] scopes = [PresenceScope.All, PresenceScope.Related, PresenceScope.Watched, PresenceScope.Unnamed];
            var readers = scopes.Select((scope, i) => (Observing: run.Register($"reader {i}", scope), Known: new bool[Peers], Read: new List<string>())).ToArray();
            foreach (var reader in readers[1..])
            {
                for (var i = 0; i < Peers; i++) reader.Observing.Watch($"{i}");
            }

            var number = 0;
            foreach (var (peer, who, count, registered) in steps)
            {
                isOnline[peer] = !isOnline[peer];
                run.Hub.Announce(NodeSpecs.Peer($"{peer}"), isOnline[peer], System.Text.Encoding.UTF8.GetBytes($"{++number}:{peer}:{isOnline[peer]}"), null);
                Read(readers[who], count);
                run.Count(registered);                              // now few, now many
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

    private static void Read((Observing Observing, bool[] Known, List<string> Read) reader, int count)
    {
        foreach (var change in reader.Observing.Read(count))
        {
            reader.Read.Add(change);
            reader.Known[int.Parse(change.Split(':')[1], null)] = bool.Parse(change.Split(':')[2]);
        }
    }
}
