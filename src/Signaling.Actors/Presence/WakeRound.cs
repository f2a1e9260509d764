using Signaling.Actors.Dispatch;

namespace Signaling.Actors.Presence;

/// <summary>Wakes the sockets that have news to read, one after the other, each as work of its own in the thread pool: a message that is relayed meanwhile waits
/// behind one of them, not behind all.</summary>
/// <param name="observers">Whose sockets.</param>
internal sealed class WakeRound(PresenceObserver[] observers) : IThreadPoolWorkItem
{
    /// <summary>So many are no burden at once.</summary>
    private const int Few = 16;

    private int _next;

    public int Count => observers.Length;

    public bool IsDone => Volatile.Read(ref _next) == observers.Length;

    /// <summary>Wakes them, at once where they are few.</summary>
    public void Begin()
    {
        if (observers.Length > Few) Queue();
        else WakeAll();
    }

    /// <summary>Wakes them at once.</summary>
    public void WakeAll()
    {
        foreach (var observer in observers) observer.Wake();
        Volatile.Write(ref _next, observers.Length);
    }

    void IThreadPoolWorkItem.Execute()
    {
        using (RunNext.Begin()) observers[_next].Wake();            // it has written at the end
        Volatile.Write(ref _next, _next + 1);
        if (!IsDone) Queue();
    }

    private void Queue() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
}
