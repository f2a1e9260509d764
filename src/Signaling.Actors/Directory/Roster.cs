using Akka.Actor;
using Signaling.Actors.Auth;
using Signaling.Actors.Messages;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Directory;

/// <summary>Who is online: on this node by the word of its connections, on others by the word of their directories. The newest epoch of a peer counts.</summary>
internal sealed class Roster
{
    /// <summary>Most peers that are looked at for one page, however few of them are of the type that is asked for.</summary>
    private const int MaxLookedAt = 10 * PeersPage.MaxLimit;

    private readonly Dictionary<PeerId, RosterEntry> _peers = [];
    private readonly SortedSet<RosterEntry> _inOrder = new(Comparer<RosterEntry>.Create((a, b) => PeerId.ByText.Compare(a.Peer, b.Peer)));
    private readonly Dictionary<string, DeviceType> _types = [];

    public int Count => _peers.Count;

    /// <summary>Those on this node.</summary>
    public int OwnCount { get; private set; }

    /// <summary>Rises with every change of what a list says.</summary>
    public long Version { get; private set; }

    /// <summary>Everybody, in the order of their ids.</summary>
    public IEnumerable<RosterEntry> Entries => _inOrder;

    /// <summary>Those on this node, in no order.</summary>
    public IEnumerable<RosterEntry> Own => _peers.Values.Where(entry => entry.IsOwn);

    /// <summary>Those of whom another node tells, in no order.</summary>
    public IEnumerable<RosterEntry> Of(object node) => _peers.Values.Where(entry => ReferenceEquals(entry.Holder, node));

    public Device? Find(PeerId peer) => _peers.GetValueOrDefault(peer)?.Device;

    /// <summary>Whether the peer is here by this registration, or by an older one.</summary>
    public bool Has(PeerId peer, Epoch epoch) => _peers.TryGetValue(peer, out var known) && known.Epoch <= epoch;

    /// <summary>The peer is on this node.</summary>
    /// <param name="online">By the word of its connection.</param>
    /// <param name="now">The time, in Unix milliseconds.</param>
    /// <param name="entry">What is known of it now.</param>
    /// <param name="before">What was; null where it was away.</param>
    /// <returns>False where it is by a newer registration.</returns>
    public bool TryAdd(DirectoryProtocol.PeerOnline online, long now, out RosterEntry entry, out RosterEntry? before)
    {
        before = _peers.GetValueOrDefault(online.Peer);
        var connectedAt = before is not null && before.Holder.Equals(online.Connection) ? before.ConnectedAt : now;
        entry = new RosterEntry(online.Peer, online.Epoch, online.Connection, online.Device, connectedAt);
        return TryReplace(before, entry);
    }

    /// <summary>The peer is on another node.</summary>
    /// <param name="here">By the word of its directory.</param>
    /// <param name="node">Which.</param>
    /// <param name="before">What was known of it; null where it was away.</param>
    /// <returns>False where it is by a newer registration.</returns>
    public bool TryAdd(ReplicaProtocol.Here here, object node, out RosterEntry? before)
    {
        before = _peers.GetValueOrDefault(here.Peer);
        return TryReplace(before, new RosterEntry(here.Peer, here.Epoch, node, Shared(here.Device), here.ConnectedAt));
    }

    /// <summary>The peer is away.</summary>
    /// <param name="peer">It.</param>
    /// <param name="epoch">Of the registration that is over.</param>
    /// <returns>What was known of it; null where it was not here, or is by a newer registration.</returns>
    public RosterEntry? Remove(PeerId peer, Epoch epoch)
    {
        if (_peers.GetValueOrDefault(peer) is not { } known || known.Epoch > epoch) return null;
        Remove(known);
        return known;
    }

    /// <summary>What was known of a peer is over.</summary>
    /// <returns>False where something else is known of it meanwhile.</returns>
    public bool TryRemove(RosterEntry entry)
    {
        if (!ReferenceEquals(_peers.GetValueOrDefault(entry.Peer), entry)) return false;
        Remove(entry);
        return true;
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
            var json = isWanted && entries.Count < page.Limit ? entry.Json : null;
            if (lookedAt++ == MaxLookedAt || (isWanted && (json is null || !FrameWriter.HasRoomFor(json, bytes))))
            {
                next = last;
                break;
            }
            last = entry.Peer;
            if (json is null) continue;
            entries.Add(json);
            bytes += json.Length + 1;
        }
        if (reach is not null) return (entries, next, null);
        var total = page.DeviceType is null ? Count : _types.GetValueOrDefault(page.DeviceType)?.Count ?? 0;
        return (entries, next, total - except.Count(peer => Find(peer) is { } own && (page.DeviceType ?? own.Type) == own.Type));
    }

    private IEnumerable<RosterEntry> Behind(PeerId? after)
    {
        return after is { } peer ? From(peer.Value).SkipWhile(entry => entry.Peer == peer) : _inOrder;
    }

    /// <summary>Only these are looked at: what a page says, and how long it takes, tells nothing of others.</summary>
    private IEnumerable<RosterEntry> Within(PeerPatterns reach, PeerId? after)
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

    private SortedSet<RosterEntry> From(string text)
    {
        if (!PeerId.TryParse(text, out var peer) || _inOrder.Max is not { } max) return _inOrder;
        var probe = new RosterEntry(peer, default, ActorRefs.Nobody, Device.Unknown, 0);
        return _inOrder.Comparer.Compare(probe, max) > 0 ? [] : _inOrder.GetViewBetween(probe, max);
    }

    private bool TryReplace(RosterEntry? before, RosterEntry entry)
    {
        if (before is not null)
        {
            if (before.Epoch > entry.Epoch) return false;
            Remove(before);
        }
        Add(entry);
        return true;
    }

    private void Add(RosterEntry entry)
    {
        _peers[entry.Peer] = entry;
        _inOrder.Add(entry);
        if (!_types.TryGetValue(entry.Device.Type, out var type)) _types[entry.Device.Type] = type = new DeviceType(entry.Device.Type);
        type.Count++;
        if (entry.IsOwn) OwnCount++;
        Version++;
    }

    private void Remove(RosterEntry entry)
    {
        _peers.Remove(entry.Peer);
        _inOrder.Remove(entry);
        var type = _types[entry.Device.Type];
        if (--type.Count == 0) _types.Remove(type.Name);
        if (entry.IsOwn) OwnCount--;
        Version++;
    }

    /// <summary>The same device, of which as much as possible is there already: each message from another node has its own.</summary>
    private Device Shared(Device device) =>
        !_types.TryGetValue(device.Type, out var type) ? device
        : device.Info.Span.SequenceEqual(type.Plain.Info.Span) ? type.Plain
        : device with { Type = type.Name };

    /// <summary>What peers say that their device is.</summary>
    private sealed class DeviceType(string name)
    {
        public string Name { get; } = name;

        /// <summary>How many say so.</summary>
        public int Count { get; set; }

        /// <summary>One of which nothing else is known.</summary>
        public Device Plain { get; } = Device.Unknown with { Type = name };
    }
}
