using Signaling.ClusterFaults.Histories;

namespace Signaling.Cluster.Tests.Histories;

/// <summary>What clients of a cluster that works may see: everything that is accepted comes out in order, some of it again, and mailboxes move.</summary>
internal sealed class RandomHistory
{
    public const string Original = "carol";
    public const string Client = "dave";

    private static readonly string[] Nodes = ["node-1", "node-2", "node-3"];
    private static readonly Dictionary<string, PeerKind> Peers = new() { ["alice"] = PeerKind.Acks, ["bob"] = PeerKind.Acks, [Original] = PeerKind.Original, [Client] = PeerKind.Client };

    private readonly Random _random;
    private readonly List<HistoryEvent> _history = [.. Peers.Select(peer => new Joined(peer.Key, peer.Value))];
    private readonly Dictionary<string, Mailbox> _mailboxes = Peers.Keys.ToDictionary(peer => peer, _ => new Mailbox());
    private readonly Dictionary<string, int> _connections = Peers.Keys.ToDictionary(peer => peer, _ => 1);
    private readonly Dictionary<string, int> _numbers = Peers.Keys.ToDictionary(peer => peer, _ => 0);
    private readonly List<Answered> _unanswered = [];
    private long _generation;

    private RandomHistory(Random random) => _random = random;

    public static List<HistoryEvent> Of(Random random)
    {
        var history = new RandomHistory(random);
        for (var steps = random.Next(20, 200); steps > 0; steps--) history.Step();
        foreach (var peer in Peers.Keys)
        {
            while (history.Receive(peer))
            {
                // the drain
            }
        }
        return history._history;
    }

    private void Step()
    {
        var peer = Peers.Keys.ElementAt(_random.Next(Peers.Count));
        switch (_random.Next(8))
        {
            case 0 or 1: Send(peer); break;
            case 2 or 3: Receive(peer); break;
            case 4: Again(peer); break;
            case 5: Answer(); break;
            case 6: _connections[peer]++; break;
            default: Own(peer); break;
        }
    }

    private void Send(string from)
    {
        var to = Peers.Keys.Where(peer => peer != from).ElementAt(_random.Next(Peers.Count - 1));
        var (number, mailbox, isOriginal) = (++_numbers[from], _mailboxes[to], Peers[from] == PeerKind.Original);
        var sent = new Sent(from, to, number, _connections[from], Receipt: !isOriginal);
        _history.Add(sent);
        if (!isOriginal && _random.Next(4) == 0) _history.Add(sent with { Connection = ++_connections[from] });
        if (isOriginal && _random.Next(4) == 0) return;             // it was lost on its way, and nobody was told otherwise
        _unanswered.Add(new Answered(from, to, number, isOriginal ? Outcome.Offline : (Outcome)_random.Next(2)));
        mailbox.Seq += _random.Next(1, 4);
        mailbox.Line.Add(new Received(to, from, number, Peers[to] == PeerKind.Acks ? mailbox.Seq : null));
    }

    private bool Receive(string peer)
    {
        var mailbox = _mailboxes[peer];
        if (mailbox.Handed == mailbox.Line.Count) return false;
        _history.Add(mailbox.Line[mailbox.Handed++] with { });
        return true;
    }

    /// <summary>Its last messages were not confirmed, and come once more.</summary>
    private void Again(string peer)
    {
        if (Peers[peer] != PeerKind.Client) _mailboxes[peer].Handed = Math.Max(0, _mailboxes[peer].Handed - _random.Next(4));
    }

    private void Answer()
    {
        if (_unanswered.Count == 0) return;
        var index = _random.Next(_unanswered.Count);
        _history.Add(_unanswered[index]);
        _unanswered.RemoveAt(index);
    }

    private void Own(string peer)
    {
        var mailbox = _mailboxes[peer];
        if (mailbox.Owner is null || _random.Next(3) == 0) mailbox.Owner = new Owned(peer, OwnerAct.Opened, ++_generation, Nodes[_random.Next(Nodes.Length)]);
        else if (_random.Next(4) == 0) (_, mailbox.Owner) = (Add(mailbox.Owner with { Act = OwnerAct.Closed }), null);
        if (mailbox.Owner is null) return;
        Add(mailbox.Owner);
        mailbox.Owner = mailbox.Owner with { Act = OwnerAct.Wrote };
    }

    private Owned Add(Owned owned)
    {
        _history.Add(owned);
        return owned;
    }

    private sealed class Mailbox
    {
        public List<Received> Line { get; } = [];

        public int Handed { get; set; }

        public long Seq { get; set; }

        public Owned? Owner { get; set; }
    }
}
