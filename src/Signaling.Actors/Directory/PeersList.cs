using Signaling.Actors.Messages;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Directory;

/// <summary>The whole <c>peers-list</c>, written once for all who ask: an answer is its bytes but for the entry of who asks.</summary>
internal sealed class PeersList
{
    private readonly Roster _roster;
    private readonly long _timestamp;
    private readonly byte[] _json;
    private readonly List<PeerId> _peers = [];
    private readonly List<int> _starts = [];                        // of each entry, with the comma before it; and where they end

    /// <param name="roster">Who is online.</param>
    /// <param name="timestamp">Now.</param>
    public PeersList(Roster roster, long timestamp)
    {
        (_roster, _timestamp, Version) = (roster, timestamp, roster.Version);
        using var body = new MemoryStream();
        body.Write(FrameWriter.PeersListStart);
        foreach (var entry in roster.Entries)
        {
            var json = entry.Json;
            if (!FrameWriter.HasRoomFor(json, body.Length)) break;
            _starts.Add((int)body.Length);
            if (_peers.Count > 0) body.WriteByte((byte)',');
            body.Write(json);
            _peers.Add(entry.Peer);
        }
        _starts.Add((int)body.Length);
        FrameWriter.EndPeersList(body, _peers.Count - 1, _peers.Count < roster.Count ? roster.Count - 1 : null, next: null, timestamp);
        _json = body.ToArray();
    }

    /// <summary>Of the roster, when it was written.</summary>
    public long Version { get; }

    /// <param name="asking">The ids of who asks.</param>
    public DirectoryProtocol.Answer AnswerTo(IReadOnlyCollection<PeerId> asking)
    {
        // Nearly always: one id, which is in the list.
        if (asking.Count == 1 && _peers.BinarySearch(asking.First(), PeerId.ByText) is var index and >= 0) return Without(index);
        var entries = from entry in _roster.Entries where !asking.Contains(entry.Peer) select entry.Json;
        return new DirectoryProtocol.Answer(FrameWriter.PeersList(entries, _roster.Count - asking.Count(peer => _roster.Find(peer) is not null), _timestamp));
    }

    private DirectoryProtocol.Answer Without(int index)
    {
        var (start, end) = (_starts[index], _starts[index + 1]);
        if (index == 0 && _peers.Count > 1) end++;                  // the comma before the second, which is the first now
        return new DirectoryProtocol.Answer(_json.AsMemory(0, start), _json.AsMemory(end));
    }
}
