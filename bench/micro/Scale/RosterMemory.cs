using System.Diagnostics;
using System.Globalization;
using System.Text;
using Signaling.Actors.Directory;
using Signaling.Actors.Messages;
using Signaling.Actors.Presence;
using Signaling.Actors.Protocol;
using Signaling.Bench.Micro.InMemory;

namespace Signaling.Bench.Micro.Scale;

/// <summary>What a peer of another node costs each node of a cluster: the roster's entry, and what presence remembers of it.</summary>
internal static class RosterMemory
{
    /// <summary>Measures it for ids of 36 characters, with and without a device info of 60 bytes.</summary>
    /// <param name="peers">How many there are.</param>
    public static void Print(int peers)
    {
        foreach (var info in (string[])["{}", """{"name":"Pixel 8","os":"Android 15","app":"2.14.0","n":123456}"""])
        {
            var (roster, hub, node) = (new Roster(), new PresenceHub(new PresenceOptions()), new object());
            var before = Memory.Settle().Heap;
            var started = Stopwatch.GetTimestamp();
            for (var i = 0; i < peers; i++)
            {
                // As it is read from a link: nothing is shared but the bytes of the empty info.
                var device = new Device(new string("mobile"), info == "{}" ? Device.Unknown.Info : Encoding.UTF8.GetBytes(info));
                var here = new ReplicaProtocol.Here(Samples.Peer(Guid.NewGuid().ToString()), new Epoch(i, 1), device, 1_795_000_000_000);
                roster.TryAdd(here, node, out _);
                hub.Announce(here.Peer, isOnline: true, FrameWriter.PeerStatus(here.Peer, true, device, 1_795_000_000_000), subject: null);
                hub.TakeNews();
            }
            var took = Stopwatch.GetElapsedTime(started);
            var bytes = (Memory.Settle().Heap - before) / (double)peers;
            var listTook = Enumerable.Range(0, 100).Min(_ =>
            {
                started = Stopwatch.GetTimestamp();
                GC.KeepAlive(new PeersList(roster, 1));
                return Stopwatch.GetElapsedTime(started);
            });
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"info of {info.Length} bytes: {bytes:0} bytes and {took.TotalMicroseconds / peers:0.00} µs for each of {peers:N0} peers; a list of 1 MiB takes {listTook.TotalMilliseconds:0.0} ms"));
            GC.KeepAlive((roster, hub));
        }
    }
}
