using Signaling.Actors.Dispatch;

namespace Signaling.Actors.Tests.Dispatch;

/// <summary>Where the work runs that other work leads to.</summary>
public sealed class RunNextSpecs
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public void It_runs_next_on_the_same_thread()
    {
        var ran = new List<string>();

        Assert.True(RunNext.Begin());
        RunNext.Schedule(new Work(() =>
        {
            ran.Add("first");
            RunNext.Schedule(new Work(() => ran.Add("second")));
        }));
        ran.Add("before");
        RunNext.End();

        Assert.Equal(["before", "first", "second"], ran);
    }

    [Fact]
    public void Of_several_the_last_runs_next_and_other_threads_take_the_rest()
    {
        using var displacedRan = new ManualResetEventSlim();
        var lastRan = false;

        RunNext.Begin();
        RunNext.Schedule(new Work(displacedRan.Set));
        RunNext.Schedule(new Work(() => lastRan = true));
        Assert.True(displacedRan.Wait(Patience));                  // while this thread is at work
        RunNext.End();

        Assert.True(lastRan);
    }

    [Fact]
    public async Task Work_without_end_leaves_the_thread_to_others()
    {
        var isStopped = false;
        var stopped = new TaskCompletionSource();

        RunNext.Begin();
        RunNext.Schedule(new Work(Again));
        RunNext.End();                                              // comes back

        Volatile.Write(ref isStopped, true);
        await stopped.Task;

        void Again()
        {
            if (Volatile.Read(ref isStopped)) stopped.SetResult();
            else RunNext.Schedule(new Work(Again));
        }
    }

    [Fact]
    public async Task Whoever_began_ends_it()
    {
        var began = new TaskCompletionSource<bool>();

        RunNext.Schedule(new Work(() => began.SetResult(RunNext.Begin())));

        Assert.False(await began.Task);
    }

    [Fact]
    public async Task Work_that_fails_does_not_keep_the_thread_at_work()
    {
        var ran = new TaskCompletionSource();

        RunNext.Begin();
        RunNext.Schedule(new Work(() =>
        {
            RunNext.Schedule(new Work(ran.SetResult));
            throw new InvalidOperationException("It fails.");
        }));
        Assert.Throws<InvalidOperationException>(RunNext.End);

        Assert.True(RunNext.Begin());
        RunNext.End();
        await ran.Task;
    }

    private sealed class Work(Action run) : IThreadPoolWorkItem
    {
        public void Execute() => run();
    }
}
