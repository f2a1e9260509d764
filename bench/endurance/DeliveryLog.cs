using Signaling.Crash;

namespace Signaling.Endurance;

/// <summary>What recipients were handed by their clients, by sender and recipient.</summary>
internal sealed class DeliveryLog
{
    private readonly Lock _gate = new();
    private readonly List<Message> _received = [];
    private readonly List<(int Count, TaskCompletionSource Reached)> _waiting = [];

    public void Add(string from, string to, int number)
    {
        lock (_gate)
        {
            _received.Add(new Message(from, to, number));
            foreach (var (_, reached) in _waiting.Where(one => one.Count <= _received.Count)) reached.TrySetResult();
            _waiting.RemoveAll(one => one.Count <= _received.Count);
        }
    }

    /// <summary>Completes when so many were handed over.</summary>
    public Task ReachesAsync(int count)
    {
        lock (_gate)
        {
            if (_received.Count >= count) return Task.CompletedTask;
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((count, reached));
            return reached.Task;
        }
    }

    /// <param name="each">How many were sent from each sender to each recipient, numbered from 1.</param>
    /// <param name="pairs">Who sent to whom.</param>
    public DeliveryCount Count(IEnumerable<(string From, string To)> pairs, int each)
    {
        lock (_gate)
        {
            var checker = new DeliveryChecker();
            foreach (var message in from pair in pairs from number in Enumerable.Range(1, each) select new Message(pair.From, pair.To, number))
            {
                checker.Attempts(message);
                checker.Acknowledged(message);                      // clients promise every message that they took
            }
            foreach (var message in _received) checker.Received(message);
            var report = checker.Check();
            return new DeliveryCount(_received.Count, report.Lost.Count, report.Unexpected.Count + report.Duplicated.Count, report.Reordered.Count);
        }
    }
}

/// <summary>What became of all messages.</summary>
/// <param name="Delivered">Handed to an application.</param>
/// <param name="Lost">Never handed over.</param>
/// <param name="Duplicated">Handed over once more, or never sent.</param>
/// <param name="Reordered">Handed over behind a later one.</param>
internal sealed record DeliveryCount(int Delivered, int Lost, int Duplicated, int Reordered);
