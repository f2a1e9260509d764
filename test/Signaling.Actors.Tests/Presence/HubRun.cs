using System.Text;
using Signaling.Actors.Presence;
using Signaling.Actors.Protocol;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Presence;

/// <summary>A <see cref="PresenceHub"/> with some connections, without actors. A change reads as <c>bob online</c>.</summary>
internal sealed class HubRun(PresenceOptions? options = null)
{
    private int _registered;

    public PresenceHub Hub { get; } = new(options ?? new PresenceOptions());

    /// <summary>A connection that registered as <paramref name="name"/>.</summary>
    public Observing Register(string name, PresenceScope scope = PresenceScope.Unnamed)
    {
        var observing = new Observing(name, this);
        observing.Register(name, scope);
        Hub.Count(++_registered);
        return observing;
    }

    public void Count(int registered) => Hub.Count(_registered = registered);

    public int Announce(string peer, bool isOnline = true, object? subject = null)
    {
        Hub.Announce(NodeSpecs.Peer(peer), isOnline, Encoding.UTF8.GetBytes($"{peer} {(isOnline ? "online" : "offline")}"), subject);
        var news = Hub.TakeNews();
        news.WakeAll();
        return news.Count;
    }
}

/// <summary>One connection of a <see cref="HubRun"/>.</summary>
internal sealed class Observing
{
    private readonly HubRun _run;

    public Observing(string connection, HubRun run)
    {
        (_run, Connection) = (run, connection);
        Observer = new PresenceObserver(connection, new InMemorySocket(TimeProvider.System, () => { }) { ReadsPresence = false });
    }

    public string Connection { get; }

    public PresenceObserver Observer { get; }

    public void Register(string peer, PresenceScope scope) => _run.Hub.Observe(Observer, NodeSpecs.Peer(peer), scope);

    public void Relate(params string[] others)
    {
        foreach (var other in others) _run.Hub.Relate(Observer, NodeSpecs.Peer(other));
    }

    public bool Watch(params string[] peers) => _run.Hub.TryWatch(Observer, [.. peers.Select(NodeSpecs.Peer)]);

    public void Unwatch(params string[] peers) => _run.Hub.Unwatch(Observer, peers.Select(NodeSpecs.Peer));

    public void Leave() => _run.Hub.StopObserving(Observer);

    /// <summary>Everything it has not read yet, or the first of that.</summary>
    public List<string> Read(int most = int.MaxValue)
    {
        var read = new List<string>();
        while (read.Count < most && Observer.TryRead(out var json)) read.Add(Encoding.UTF8.GetString(json.Span));
        return read;
    }
}
