namespace Signaling.Endurance;

/// <summary>What recipients were handed by their clients, by sender and recipient.</summary>
internal sealed class DeliveryLog
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string From, string To), List<int>> _received = [];
    private readonly List<(int Count, TaskCompletionSource Reached)> _waiting = [];
    private int _count;

    public void Add(string from, string to, int number)
    {
        lock (_gate)
        {
            if (!_received.TryGetValue((from, to), out var numbers)) _received.Add((from, to), numbers = []);
            numbers.Add(number);
            _count++;
            foreach (var (_, reached) in _waiting.Where(one => one.Count <= _count)) reached.TrySetResult();
            _waiting.RemoveAll(one => one.Count <= _count);
        }
    }

    /// <summary>Completes when so many were handed over.</summary>
    public Task ReachesAsync(int count)
    {
        lock (_gate)
        {
            if (_count >= count) return Task.CompletedTask;
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
            var (lost, duplicated, reordered) = (0, 0, 0);
            foreach (var pair in pairs)
            {
                var numbers = _received.GetValueOrDefault(pair, []);
                lost += Enumerable.Range(1, each).Except(numbers).Count();
                duplicated += numbers.Count - numbers.Distinct().Count();
                var first = numbers.Distinct().ToArray();
                reordered += first.Zip(first.Skip(1)).Count(neighbours => neighbours.First > neighbours.Second);
            }
            return new DeliveryCount(_count, lost, duplicated, reordered);
        }
    }
}

/// <summary>What became of all messages.</summary>
/// <param name="Delivered">Handed to an application.</param>
/// <param name="Lost">Never handed over.</param>
/// <param name="Duplicated">Handed over once more.</param>
/// <param name="Reordered">Handed over behind a later one.</param>
internal sealed record DeliveryCount(int Delivered, int Lost, int Duplicated, int Reordered);
