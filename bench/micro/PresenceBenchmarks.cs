using BenchmarkDotNet.Attributes;
using Signaling.Actors.Presence;
using Signaling.Actors.Protocol;
using Signaling.Bench.Micro.InMemory;

namespace Signaling.Bench.Micro;

/// <summary>One peer comes or goes, and so many who follow everybody are told: what the directory does for each, and what their sockets read.</summary>
public class PresenceBenchmarks
{
    private readonly PresenceHub _hub = new(new PresenceOptions());
    private readonly PeerId _visitor = Samples.Peer("visitor");
    private readonly byte[] _json = new byte[150];
    private bool _isOnline;

    /// <summary>Those who are told.</summary>
    [Params(1, 1_000, 10_000)] public int Followers { get; set; }

    /// <summary>Lets them follow.</summary>
    [GlobalSetup]
    public void Follow()
    {
        for (var i = 0; i < Followers; i++)
        {
            var socket = new MemorySocket();
            var observer = new PresenceObserver(connection: socket, socket);
            _hub.Observe(observer, Samples.Peer($"follower-{i}"), PresenceScope.All);
            socket.Follow(observer);
        }
    }

    /// <summary>Tells them.</summary>
    [Benchmark]
    public int Announce()
    {
        _isOnline = !_isOnline;
        _hub.Announce(_visitor, _isOnline, _json, subject: null);
        var news = _hub.TakeNews();
        news.WakeAll();
        return news.Count;
    }
}
