namespace Signaling.Actors.Mailboxes;

/// <summary>Hands out the generations of a database that one process alone uses. They never repeat, and are reserved in it many at a time, so that handing one out
/// writes nothing. In the order of the calls. Safe for parallel use.</summary>
/// <param name="reserve">Takes so many, for good: whatever happens to the process or the machine, nobody is given them again. Answers the first one, at least 1.</param>
public sealed class Generations(Func<int, Task<long>> reserve)
{
    /// <summary>So many are lost when the process is killed: there is room for 25 million kills. A node that registers 10,000 peers a second
    /// writes once in six seconds.</summary>
    public const int Reserve = 1 << 16;

    private const long Limit = 1L << 41;

    private readonly Lock _gate = new();
    private readonly Queue<TaskCompletionSource<long>> _waiting = [];
    private long _next;
    private long _end;

    /// <summary>The next one.</summary>
    public ValueTask<long> NextAsync()
    {
        TaskCompletionSource<long> answer;
        lock (_gate)
        {
            if (_next < _end) return ValueTask.FromResult(_next++);
            answer = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(answer);
            if (_waiting.Count > 1) return new ValueTask<long>(answer.Task);
        }
        _ = ReserveAsync();
        return new ValueTask<long>(answer.Task);
    }

    private async Task ReserveAsync()
    {
        var isMoreNeeded = true;
        while (isMoreNeeded)
        {
            try
            {
                var first = await reserve(Reserve);
                if (first + Reserve > Limit) throw new InvalidOperationException("All generations of this mailbox database are used up.");
                isMoreNeeded = HandOut(first);
            }
            catch (Exception cause)
            {
                Refuse(cause);
                return;
            }
        }
    }

    /// <returns>Whether more are waiting than were reserved.</returns>
    private bool HandOut(long first)
    {
        lock (_gate)
        {
            (_next, _end) = (first, first + Reserve);
            while (_next < _end && _waiting.TryDequeue(out var answer)) answer.SetResult(_next++);
            return _waiting.Count > 0;
        }
    }

    private void Refuse(Exception cause)
    {
        lock (_gate)
        {
            while (_waiting.TryDequeue(out var answer)) answer.SetException(cause);
        }
    }
}
