using Signaling.Crash;

namespace Signaling.ClusterFaults.Histories;

/// <summary>Holds a history to what the protocol promises. It says what it says after a complete drain.</summary>
/// <remarks>
/// Recipients ignore what comes again as <c>docs/protocol.md</c> asks of a client: a <c>seq</c> that is not above the last, and one of the last 1,000 messages by sender and id.
/// The order of messages without receipts is checked within each connection of their sender: nothing is promised of what is still on its way over another node when the sender goes on elsewhere.
/// </remarks>
internal static class HistoryChecker
{
    public static HistoryReport Check(IReadOnlyList<HistoryEvent> history)
    {
        var judgement = new Judgement();
        foreach (var happening in history) judgement.Take(happening);
        return judgement.Report(Disturbances.Of(history));
    }

    private sealed class Judgement
    {
        private readonly DeliveryChecker _deliveries = new();
        private readonly Dictionary<Message, Message> _sent = [];
        private readonly Dictionary<string, Memory> _memories = [];
        private readonly Dictionary<string, Owned> _owners = [];
        private readonly List<Violation> _violations = [];
        private int _refused, _ignored, _owned;

        public void Take(HistoryEvent happening)
        {
            switch (happening)
            {
                case Joined joined: _memories[joined.Peer] = new Memory(joined.Kind, _memories.GetValueOrDefault(joined.Peer)); break;
                case Sent sent: Take(sent); break;
                case Answered answered: Take(answered); break;
                case Received received: Take(received); break;
                case Ended ended: _violations.Add(new Violation(ViolationKind.Ended, $"{ended.Peer} at {Seconds(ended)}: {ended.Why}")); break;
                case Owned owned: Take(owned); break;
            }
        }

        public HistoryReport Report(IReadOnlyList<Disturbance> disturbances)
        {
            var delivery = _deliveries.Check();
            Add(ViolationKind.Lost, delivery.Lost);
            Add(ViolationKind.Invented, delivery.Unexpected);
            Add(ViolationKind.Duplicated, delivery.Duplicated);
            Add(ViolationKind.Reordered, delivery.Reordered);
            return new HistoryReport(
                _sent.Count, delivery.Acknowledged, _refused, delivery.Acknowledged - delivery.Lost.Count + delivery.Recovered, _ignored, _owned, _violations, disturbances);
        }

        private void Take(Sent sent)
        {
            var message = new Message(sent.From, sent.To, sent.Number);
            var ordered = sent.Receipt ? message : message with { From = $"{sent.From} (connection {sent.Connection})" };
            if (_sent.TryAdd(message, ordered)) _deliveries.Attempts(ordered);
        }

        private void Take(Answered answered)
        {
            if (!_sent.TryGetValue(new Message(answered.From, answered.To, answered.Number), out var message))
            {
                _violations.Add(new Violation(ViolationKind.Unasked, $"{answered} at {Seconds(answered)}"));
            }
            else if (answered.Outcome == Outcome.Refused)
            {
                _refused++;
            }
            else
            {
                _deliveries.Acknowledged(message);
            }
        }

        private void Take(Received received)
        {
            var message = new Message(received.From, received.Peer, received.Number);
            if (!_memories.TryGetValue(received.Peer, out var memory)) throw new InvalidDataException($"{received.Peer} receives and has not joined, at {Seconds(received)}.");
            var isKnown = memory.IsKnown(message, received.Seq, out var isReused);
            if (isReused) _violations.Add(new Violation(ViolationKind.SeqReused, $"{Text(message)} at {Seconds(received)} under {received.Seq}"));
            if (isKnown) _ignored++;
            else _deliveries.Received(_sent.GetValueOrDefault(message, message));
        }

        /// <remarks>What is written before the first opening is of an owner of before the history.</remarks>
        private void Take(Owned owned)
        {
            _owned++;
            var owner = _owners.GetValueOrDefault(owned.Peer);
            var isValid = owned.Act switch
            {
                OwnerAct.Opened => !(owned.Generation <= owner?.Generation),
                OwnerAct.Wrote => owner is null or { Act: OwnerAct.Opened } && !(owned.Generation < owner?.Generation) && (owner is null || owned.Node == owner.Node),
                _ => owner is null || owned.Generation == owner.Generation,
            };
            if (!isValid) _violations.Add(new Violation(ViolationKind.DoubleOwner, $"{owned.Peer}: {owned.Node} {Verb(owned)} with generation {owned.Generation} after {owner!.Node} {Verb(owner)} with {owner.Generation}"));
            else if (owned.Act == OwnerAct.Opened || (owned.Act == OwnerAct.Closed && owner is not null)) _owners[owned.Peer] = owned;
        }

        private static string Verb(Owned owned) => owned.Act.ToString().ToLowerInvariant();

        private void Add(ViolationKind kind, IEnumerable<Message> messages) => _violations.AddRange(messages.Select(message => new Violation(kind, Text(message))));

        private static string Text(Message message) => $"{message.From} → {message.To} {message.Number}";

        private static string Seconds(HistoryEvent happening) => $"{happening.At / 1e9:0.000} s";
    }

    /// <summary>What a recipient has had.</summary>
    private sealed class Memory(PeerKind kind, Memory? former)
    {
        private const int Remembered = 1_000;

        private readonly HashSet<Message> _all = former?._all ?? [];
        private readonly HashSet<Message> _recent = former?._recent ?? [];
        private readonly Queue<Message> _inOrder = former?._inOrder ?? [];
        private long _lastSeq = former?._lastSeq ?? long.MinValue;

        /// <param name="message">What came.</param>
        /// <param name="seq">With what.</param>
        /// <param name="isReused">It is ignored, and never came before.</param>
        public bool IsKnown(Message message, long? seq, out bool isReused)
        {
            isReused = seq <= _lastSeq && !_all.Contains(message);
            if (seq <= _lastSeq) return true;
            _lastSeq = seq ?? _lastSeq;
            _all.Add(message);
            if (!_recent.Add(message)) return kind != PeerKind.Client;
            _inOrder.Enqueue(message);
            if (kind != PeerKind.Original && _inOrder.Count > Remembered) _recent.Remove(_inOrder.Dequeue());
            return false;
        }
    }
}
