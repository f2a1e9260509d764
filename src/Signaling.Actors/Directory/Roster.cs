using Akka.Actor;
using Signaling.Actors.Auth;
using Signaling.Actors.Messages;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Directory;

/// <summary>Who is online on this node, by the word of their connections; the newest epoch of a peer counts.</summary>
internal sealed class Roster
{
    /// <summary>Most peers that are looked at for one page, however few of them are of the type that is asked for.</summary>
    private const int MaxLookedAt = 10 * PeersPage.MaxLimit;

    private readonly Dictionary<PeerId, Entry> _peers = [];
    private readonly SortedSet<Entry> _inOrder = new(Comparer<Entry>.Create((a, b) => PeerId.ByText.Compare(a.Peer, b.Peer)));
    private readonly Dictionary<string, int> _countByType = [];

    public int Count => _peers.Count;

    /// <summary>Rises with every change of what a list says.</summary>
    public long Version { get; private set; }

    /// <summary>Every peer's entry of a list (<see cref="FrameWriter.PeerEntry"/>), in the order of their ids.</summary>
    public IEnumerable<(PeerId Peer, byte[] Json)> Entries => _inOrder.Select(entry => (entry.Peer, entry.Json));

    public Device? Find(PeerId peer) => _peers.GetValueOrDefault(peer)?.Device;

    /// <summary>Whether the peer is here by this registration, or by an older one.</summary>
    public bool Has(PeerId peer, Epoch epoch) => _peers.TryGetValue(peer, out var known) && known.Epoch <= epoch;

    /// <summary>The peer is here.</summary>
    /// <returns>Whether it was not.</returns>
    public bool Add(DirectoryProtocol.PeerOnline online, long now)
    {
        var known = _peers.GetValueOrDefault(online.Peer);
        if (known is not null && known.Epoch > online.Epoch) return false;
        var connectedAt = known is not null && known.Connection.Equals(online.Connection) ? known.ConnectedAt : now;
        if (known is not null) Remove(known);
        Add(new Entry(online.Peer, online.Epoch, online.Connection, online.Device, connectedAt, FrameWriter.PeerEntry(online.Peer, online.Device, connectedAt)));
        return known is null;
    }

    /// <summary>The peer is away.</summary>
    /// <returns>Its device, or null where it was not here, or is by a newer registration.</returns>
    public Device? Remove(DirectoryProtocol.PeerOffline offline)
    {
        if (_peers.GetValueOrDefault(offline.Peer) is not { } known || known.Epoch > offline.Epoch) return null;
        Remove(known);
        return known.Device;
    }

    /// <summary>One page of the list, without the peers of <paramref name="except"/>; it costs its page, not the list.</summary>
    /// <returns>The entries; where more may follow, the id behind which they begin; and how many peers of this type there are in all, where that is known without counting.</returns>
    public (IReadOnlyList<byte[]> Entries, PeerId? Next, int? Total) Page(PeersPage page, IReadOnlyCollection<PeerId> except, PeerPatterns? reach = null)
    {
        var entries = new List<byte[]>();
        var (lookedAt, bytes, last, next) = (0, FrameWriter.PeersListStart.Length, default(PeerId), default(PeerId?));
        foreach (var entry in reach is null ? Behind(page.After) : Within(reach, page.After))
        {
            var isWanted = (page.DeviceType is null || entry.Device.Type == page.DeviceType) && !except.Contains(entry.Peer);
            if (lookedAt++ == MaxLookedAt || (isWanted && (entries.Count == page.Limit || !FrameWriter.HasRoomFor(entry.Json, bytes))))
            {
                next = last;
                break;
            }
            last = entry.Peer;
            if (!isWanted) continue;
            entries.Add(entry.Json);
            bytes += entry.Json.Length + 1;
        }
        if (reach is not null) return (entries, next, null);
        var total = page.DeviceType is null ? Count : _countByType.GetValueOrDefault(page.DeviceType);
        return (entries, next, total - except.Count(peer => Find(peer) is { } own && (page.DeviceType ?? own.Type) == own.Type));
    }

    private IEnumerable<Entry> Behind(PeerId? after)
    {
        return after is { } peer ? From(peer.Value).SkipWhile(entry => entry.Peer == peer) : _inOrder;
    }

    /// <summary>Only these are looked at: what a page says, and how long it takes, tells nothing of others.</summary>
    private IEnumerable<Entry> Within(PeerPatterns reach, PeerId? after)
    {
        foreach (var (text, isPrefix) in reach.All)
        {
            if (!isPrefix)
            {
                if (PeerId.TryParse(text, out var peer) && IsBehind(text) && _peers.TryGetValue(peer, out var entry)) yield return entry;
                continue;
            }
            var entries = IsBehind(text) ? From(text) : Behind(after);
            foreach (var entry in entries.TakeWhile(entry => entry.Peer.Value.StartsWith(text, StringComparison.Ordinal))) yield return entry;
        }

        bool IsBehind(string text) => after is not { } peer || string.CompareOrdinal(text, peer.Value) > 0;
    }

    private SortedSet<Entry> From(string text)
    {
        if (!PeerId.TryParse(text, out var peer) || _inOrder.Max is not { } max) return _inOrder;
        var probe = new Entry(peer, default, ActorRefs.Nobody, Device.Unknown, 0, []);
        return _inOrder.Comparer.Compare(probe, max) > 0 ? [] : _inOrder.GetViewBetween(probe, max);
    }

    private void Add(Entry entry)
    {
        _peers[entry.Peer] = entry;
        _inOrder.Add(entry);
        _countByType[entry.Device.Type] = _countByType.GetValueOrDefault(entry.Device.Type) + 1;
        Version++;
    }

    private void Remove(Entry entry)
    {
        _peers.Remove(entry.Peer);
        _inOrder.Remove(entry);
        if (--_countByType[entry.Device.Type] == 0) _countByType.Remove(entry.Device.Type);
        Version++;
    }

    private sealed record Entry(PeerId Peer, Epoch Epoch, IActorRef Connection, Device Device, long ConnectedAt, byte[] Json);
}
