using Signaling.Actors.Auth;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Presence;

/// <summary>Who is told when a peer comes or goes. What a change costs follows those who have to do with the peer or watch it, and those who want to hear of everybody.</summary>
/// <remarks>A change is written once. Who follows everybody reads it in the feed, of which there is one; others have it put into their queue. The next change of
/// the same peer makes it void for all who have not read it yet, so peers that come and go faster than somebody reads cost that reader one frame.</remarks>
internal sealed class PresenceHub(PresenceOptions options)
{
    /// <summary>So many last changes are remembered, of whomever, to be made void by the next of the same peer.</summary>
    private const int MaxRemembered = 4_096;

    private readonly PresenceFeed _feed = new();
    private readonly Dictionary<PeerId, PeerPresence> _peers = [];
    private readonly HashSet<PresenceObserver> _unnamed = [];       // those who named no scope
    private readonly HashSet<PresenceObserver> _followers = [];
    private readonly List<PresenceObserver> _toBeWoken = [];
    private readonly Queue<(PeerId Peer, long Change)> _remembered = [];
    private bool _isBroadcasting = true;
    private bool _feedHasNews;

    /// <summary>A connection registered as <paramref name="peer"/>. Where it follows another one, it has to do with those that one had to do with.</summary>
    public void Observe(PresenceObserver observer, PeerId peer, PresenceScope scope, PeerPatterns? reach = null)
    {
        observer.Reach = reach;
        var own = Of(peer);
        if (own.Own is { Related: { } related } before && before != observer)
        {
            foreach (var other in related.InOrder) Relate(observer, other);
        }
        own.Own = observer;
        observer.Scope = scope;
        if (scope == PresenceScope.Unnamed) _unnamed.Add(observer);
        else _unnamed.Remove(observer);
        Place(observer);
    }

    /// <summary>A connection is told of nobody any more.</summary>
    public void StopObserving(PresenceObserver observer)
    {
        _unnamed.Remove(observer);
        _followers.Remove(observer);
        foreach (var peer in observer.Related?.InOrder ?? []) StopObserving(observer, peer);
        foreach (var peer in observer.Watched ?? []) StopObserving(observer, peer);
    }

    /// <summary>The connection has to do with another peer.</summary>
    public void Relate(PresenceObserver observer, PeerId other)
    {
        observer.Related ??= new RelatedPeers();
        if (!observer.Related.Add(other)) return;
        Of(other).Add(observer);
        if (observer.Related.TryForget(options.MaxRelated, out var forgotten) && observer.Watched?.Contains(forgotten) != true) StopObserving(observer, forgotten);
    }

    /// <summary>The connection watches these peers, too.</summary>
    /// <returns>False where they would be more than it may watch; then nothing has changed.</returns>
    public bool TryWatch(PresenceObserver observer, IReadOnlyCollection<PeerId> peers)
    {
        HashSet<PeerId> watched = [.. observer.Watched ?? [], .. peers];
        if (watched.Count > options.MaxWatched) return false;
        observer.Watched = watched;
        foreach (var peer in peers) Of(peer).Add(observer);
        return true;
    }

    /// <summary>The connection no longer watches these peers.</summary>
    public void Unwatch(PresenceObserver observer, IEnumerable<PeerId> peers)
    {
        foreach (var peer in peers)
        {
            if (observer.Watched?.Remove(peer) == true && observer.Related?.Contains(peer) != true) StopObserving(observer, peer);
        }
    }

    /// <summary>The peer is on another node now.</summary>
    public void MoveAway(PeerId peer)
    {
        if (!_peers.TryGetValue(peer, out var presence)) return;
        presence.Own = null;
        if (presence.IsEmpty) _peers.Remove(peer);
    }

    /// <summary>So many peers are registered now.</summary>
    public void Count(int registered)
    {
        var isBroadcasting = registered <= (_isBroadcasting ? options.BroadcastLimit : options.BroadcastLimit - options.BroadcastLimit / 10);
        if (isBroadcasting == _isBroadcasting) return;
        _isBroadcasting = isBroadcasting;
        foreach (var observer in _unnamed) Place(observer);
    }

    /// <summary>A peer came or went; <see cref="TakeNews"/> leads to those who are told.</summary>
    /// <param name="peer">Who came or went.</param>
    /// <param name="isOnline">It came.</param>
    /// <param name="json">The <c>peer-status</c>.</param>
    /// <param name="subject">The connection that the change is about, and is not for; null where it is for all.</param>
    public void Announce(PeerId peer, bool isOnline, byte[] json, object? subject)
    {
        var presence = Of(peer);
        var change = new PresenceChange(_feed.Last.Number + 1, peer, json, presence, subject);
        presence.LastChange = change.Number;
        if (!isOnline) presence.Own = null;
        Remember(presence, change);
        _feed.Append(change);
        _feedHasNews = true;
        foreach (var observer in presence.Observers)
        {
            if (observer.FollowsFeed || !observer.WantsToKnowOf(peer)) continue;
            observer.Add(change);
            HasToBeWoken(observer);
        }
    }

    /// <summary>Somebody has something to read of which its socket does not know.</summary>
    public bool HasNews => _feedHasNews || _toBeWoken.Count > 0;

    /// <summary>Takes the news.</summary>
    /// <returns>Wakes those who have them to read.</returns>
    public WakeRound TakeNews()
    {
        foreach (var observer in _toBeWoken) observer.IsToBeWoken = false;
        PresenceObserver[] told = _feedHasNews ? [.. _toBeWoken, .. _followers] : [.. _toBeWoken];
        _toBeWoken.Clear();
        _feedHasNews = false;
        return new WakeRound(told);
    }

    private void Place(PresenceObserver observer)
    {
        if (observer.Scope == PresenceScope.All || (observer.Scope == PresenceScope.Unnamed && _isBroadcasting))
        {
            observer.Follow(_feed);
            _followers.Add(observer);
        }
        else if (_followers.Remove(observer))
        {
            observer.LeaveFeed();
            if (observer.HasNews) HasToBeWoken(observer);           // with the followers it is woken no more
        }
    }

    private void HasToBeWoken(PresenceObserver observer)
    {
        if (observer.IsToBeWoken) return;
        observer.IsToBeWoken = true;
        _toBeWoken.Add(observer);
    }

    private PeerPresence Of(PeerId peer)
    {
        if (!_peers.TryGetValue(peer, out var presence)) _peers[peer] = presence = new PeerPresence();
        return presence;
    }

    private void StopObserving(PresenceObserver observer, PeerId peer)
    {
        if (!_peers.TryGetValue(peer, out var presence)) return;
        presence.Remove(observer);
        if (presence.IsEmpty) _peers.Remove(peer);
    }

    private void Remember(PeerPresence presence, PresenceChange change)
    {
        presence.IsRemembered = true;
        _remembered.Enqueue((change.Peer, change.Number));
        if (_remembered.Count <= MaxRemembered) return;
        var (peer, number) = _remembered.Dequeue();
        if (!_peers.TryGetValue(peer, out var oldest) || oldest.LastChange != number) return;
        oldest.IsRemembered = false;
        if (oldest.IsEmpty) _peers.Remove(peer);
    }
}
