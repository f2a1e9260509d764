namespace Signaling.Actors.Dispatch;

/// <summary>Work that leads to more work is followed by it on the same thread: a message goes from the socket it came from to the socket it is for
/// without waking another thread at each actor on its way.</summary>
/// <remarks>
/// What a thread makes ready while it works waits in its one slot and runs next; where the slot is taken, what was there goes to the thread pool, so that
/// other threads share a fan-out. Go's scheduler (<c>runnext</c>) and Tokio's (the LIFO slot) do the same, and bound it the same way: after
/// <see cref="MaxInRow"/> pieces it is the turn of what waits in the pool.
/// </remarks>
public static class RunNext
{
    /// <summary>Connection, mailbox, connection, socket: with room for what has to go round again.</summary>
    private const int MaxInRow = 8;

    [ThreadStatic] private static bool _isWorking;
    [ThreadStatic] private static IThreadPoolWorkItem? _next;

    /// <summary>Runs it soon: next on this thread where that is at work, else in the thread pool.</summary>
    /// <param name="work">It must not block.</param>
    public static void Schedule(IThreadPoolWorkItem work)
    {
        if (!_isWorking)
        {
            Queue(work);
            return;
        }
        if (_next is { } displaced) Queue(displaced);
        _next = work;
    }

    /// <summary>What this thread schedules from now on waits for the end of the turn, then runs, and what that leads to.</summary>
    public static Turn Begin()
    {
        var isFirst = !_isWorking;
        _isWorking = true;
        return new Turn(isFirst);
    }

    private static void End()
    {
        try
        {
            for (var inRow = 0; _next is { } next && inRow < MaxInRow; inRow++)
            {
                _next = null;
                next.Execute();
            }
        }
        finally
        {
            _isWorking = false;
            if (_next is { } left) Queue(left);
            _next = null;
        }
    }

    private static void Queue(IThreadPoolWorkItem work) => ThreadPool.UnsafeQueueUserWorkItem(Run, work, preferLocal: false);

    private static void Run(IThreadPoolWorkItem work)
    {
        using var turn = Begin();
        Schedule(work);
    }

    /// <summary>A thread at work. One within another ends with that.</summary>
    /// <param name="isFirst">It is within no other.</param>
    public readonly ref struct Turn(bool isFirst) : IDisposable
    {
        /// <summary>Ends the turn.</summary>
        public void Dispose()
        {
            if (isFirst) End();
        }
    }
}
