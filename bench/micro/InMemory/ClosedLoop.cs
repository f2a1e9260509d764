namespace Signaling.Bench.Micro.InMemory;

/// <summary>Begins a thing so many times, so many at once: the end of one, which somebody else tells, begins the next.</summary>
/// <param name="count">How many.</param>
/// <param name="atOnce">How many have begun and not ended.</param>
/// <param name="begin">Begins the one of this number, from 0.</param>
internal sealed class ClosedLoop(int count, int atOnce, Action<int> begin)
{
    /// <summary>What does not end by then, never does.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _begun;
    private int _done;

    /// <summary>Completes when all have ended.</summary>
    public Task RunAsync()
    {
        for (var i = 0; i < atOnce; i++) Next();
        return _ended.Task.WaitAsync(Patience);
    }

    /// <summary>One has ended.</summary>
    public void Done()
    {
        if (Interlocked.Increment(ref _done) == count) _ended.SetResult();
        else Next();
    }

    private void Next()
    {
        var number = Interlocked.Increment(ref _begun) - 1;
        if (number < count) begin(number);
    }
}
