namespace Signaling.Client;

/// <summary>Wakes the one who waits for it; remembers one call that came before.</summary>
internal sealed class Signal
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _next = NewSource();

    public void Set()
    {
        lock (_gate) _next.TrySetResult();
    }

    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        Task next;
        lock (_gate) next = _next.Task;
        await next.WaitAsync(cancellationToken);
        lock (_gate) _next = NewSource();
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
