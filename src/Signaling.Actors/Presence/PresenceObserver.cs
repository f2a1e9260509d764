using Signaling.Actors.Auth;
using Signaling.Actors.Protocol;
using Signaling.Actors.Transport;

namespace Signaling.Actors.Presence;

/// <summary>One connection that is told of others: what it still has to be told, and of whom it wants to know. Its socket reads it, at its own pace;
/// everything else belongs to the <see cref="PresenceHub"/>.</summary>
/// <remarks>It reads the feed of all changes, or has a queue of those that concern it, or the rest of the one before the other; changes are numbered, so both are in order.
/// A change that a later one of the same peer made void is not told, and does not stay in the queue: that holds at most one for each peer it observes.</remarks>
internal sealed class PresenceObserver(object connection, IClientSocket socket) : IPresenceReader
{
    private const int SmallQueue = 16;

    private readonly Lock _gate = new();
    private PresenceFeed? _feed;
    private PresenceChange? _position;
    private PresenceChange? _end;
    private Queue<PresenceChange>? _own;
    private PeerPatterns? _reach;

    /// <summary>Of whom it is told.</summary>
    public PresenceScope Scope { get; set; }

    /// <summary>Of others than these it is never told, whatever the scope; null: of everybody.</summary>
    public PeerPatterns? Reach
    {
        set
        {
            lock (_gate) _reach = value;
        }
    }

    /// <summary>It is told of everybody.</summary>
    public bool FollowsFeed { get; private set; }

    /// <summary>It has news of which its socket does not know.</summary>
    public bool IsToBeWoken { get; set; }

    /// <summary>Peers it has to do with; null where there are none.</summary>
    public RelatedPeers? Related { get; set; }

    /// <summary>Peers that it watches; null where there are none.</summary>
    public HashSet<PeerId>? Watched { get; set; }

    /// <inheritdoc/>
    public bool HasNews
    {
        get
        {
            lock (_gate) return _own is not null || NextOfFeed() is not null;
        }
    }

    /// <summary>How many changes of the feed it is behind; to be asked from any thread.</summary>
    public long Behind
    {
        get
        {
            lock (_gate) return _feed is null ? 0 : (_end ?? _feed.Last).Number - _position!.Number;
        }
    }

    /// <summary>Whether it is told of a peer that it observes.</summary>
    public bool WantsToKnowOf(PeerId peer) => Scope switch
    {
        PresenceScope.None => false,
        PresenceScope.Watched => Watched?.Contains(peer) == true,
        _ => true,
    };

    /// <summary>From now on it is told of everybody; and of those before, where it has not yet read what it was to be told when it left the feed.</summary>
    public void Follow(PresenceFeed feed)
    {
        FollowsFeed = true;
        lock (_gate)
        {
            if (_feed is null) _position = feed.Last;
            (_feed, _end) = (feed, null);
        }
    }

    /// <summary>From now on it is told only of what is added; what it has not read of the feed it still gets.</summary>
    public void LeaveFeed()
    {
        FollowsFeed = false;
        lock (_gate)
        {
            _end ??= _feed?.Last;
            NextOfFeed();                                           // it may have read all of it
        }
    }

    /// <summary>It is to be told of this change, which is the last one of all.</summary>
    public void Add(PresenceChange change)
    {
        lock (_gate)
        {
            _own ??= [];
            if (_own.Count >= SmallQueue && _own.Count == _own.Capacity) DropVoid();
            _own.Enqueue(change);
        }
    }

    /// <inheritdoc/>
    public bool TryRead(out ReadOnlyMemory<byte> json)
    {
        lock (_gate)
        {
            while (TakeNext() is { } next)
            {
                if (next.Json is not { } bytes || Equals(next.Subject, connection) || _reach?.Include(next.Peer) == false) continue;
                json = bytes;
                return true;
            }
        }
        json = default;
        return false;
    }

    /// <summary>Its socket is to look.</summary>
    public void Wake() => socket.PresenceWaits();

    /// <summary>Of both it is the older one's turn.</summary>
    private PresenceChange? TakeNext()
    {
        var fromFeed = NextOfFeed();
        if (_own is null || (fromFeed is not null && fromFeed.Number < _own.Peek().Number)) return fromFeed is null ? null : _position = fromFeed;
        var own = _own.Dequeue();
        if (own == fromFeed) _position = own;                       // it left the feed, and follows it again
        if (_own.Count == 0) _own = null;                           // an idle connection holds none
        return own;
    }

    private PresenceChange? NextOfFeed()
    {
        if (_position is null || _position != _end) return _position?.Next;
        (_feed, _position, _end) = (null, null, null);
        return null;
    }

    private void DropVoid()
    {
        var told = new Queue<PresenceChange>(_own!.Where(change => change.Json is not null));
        if (told.Count < _own!.Count) _own = told;
    }
}
