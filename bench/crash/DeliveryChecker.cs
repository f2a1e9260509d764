namespace Signaling.Crash;

/// <summary>Jepsen's <c>total-queue</c> checker (jepsen-io/jepsen, <c>jepsen/src/jepsen/checker.clj</c>), and the order of each sender's messages at each recipient.
/// It says what it says after a complete drain. Safe for parallel use.</summary>
internal sealed class DeliveryChecker
{
    private readonly Lock _gate = new();
    private readonly HashSet<Message> _attempts = [];
    private readonly HashSet<Message> _acknowledged = [];
    private readonly List<Message> _received = [];

    /// <summary>A message is about to be sent for the first time.</summary>
    public void Attempts(Message message)
    {
        lock (_gate) _attempts.Add(message);
    }

    /// <summary>Its sender has a receipt.</summary>
    public void Acknowledged(Message message)
    {
        lock (_gate) _acknowledged.Add(message);
    }

    /// <summary>It came out at its recipient, which has not ignored it as one that it has had.</summary>
    public void Received(Message message)
    {
        lock (_gate) _received.Add(message);
    }

    public DeliveryReport Check()
    {
        lock (_gate)
        {
            var (came, newest) = (new HashSet<Message>(), new Dictionary<(string From, string To), int>());
            var (unexpected, duplicated, reordered) = (new List<Message>(), new List<Message>(), new List<Message>());
            foreach (var message in _received)
            {
                if (!_attempts.Contains(message)) unexpected.Add(message);
                else if (!came.Add(message)) duplicated.Add(message);
                else if (newest.TryGetValue((message.From, message.To), out var number) && number > message.Number) reordered.Add(message);
                else newest[(message.From, message.To)] = message.Number;
            }
            Message[] lost = [.. _acknowledged.Where(message => !came.Contains(message))];
            return new DeliveryReport(_attempts.Count, _acknowledged.Count, lost, unexpected, duplicated, came.Count(message => !_acknowledged.Contains(message)), reordered);
        }
    }
}

/// <summary>What became of a run's messages.</summary>
/// <param name="Attempts">Sent, once or again.</param>
/// <param name="Acknowledged">Of which the sender has a receipt.</param>
/// <param name="Lost">Acknowledged, and never came out.</param>
/// <param name="Unexpected">Came out, and were never sent, or not so, or not there.</param>
/// <param name="Duplicated">Came out once more, for each time.</param>
/// <param name="Recovered">Not acknowledged, and came out all the same.</param>
/// <param name="Reordered">Came out for the first time behind a later one of the same sender.</param>
internal sealed record DeliveryReport(
    int Attempts, int Acknowledged, IReadOnlyList<Message> Lost, IReadOnlyList<Message> Unexpected, IReadOnlyList<Message> Duplicated, int Recovered, IReadOnlyList<Message> Reordered)
{
    public bool IsValid => Lost.Count + Unexpected.Count + Duplicated.Count + Reordered.Count == 0;
}
