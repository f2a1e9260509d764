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

        using (RunNext.Begin())
        {
            RunNext.Schedule(new Work(() =>
            {
                ran.Add("first");
                RunNext.Schedule(new Work(() => ran.Add("second")));
            }));
            ran.Add("before");
        }

        Assert.Equal(["before", "first", "second"], ran);
    }

    [Fact]
    public void Of_several_the_last_runs_next_and_other_threads_take_the_rest()
    {
        using var displacedRan = new ManualResetEventSlim();
        var lastRan = false;

        using (RunNext.Begin())
        {
            RunNext.Schedule(new Work(displacedRan.Set));
            RunNext.Schedule(new Work(() => lastRan = true));
            Assert.True(displacedRan.Wait(Patience));               // while this thread is at work
        }

        Assert.True(lastRan);
    }

    [Fact]
    public async Task Work_without_end_leaves_the_thread_to_others()
    {
        var isStopped = false;
        var stopped = new TaskCompletionSource();

        using (RunNext.Begin()) RunNext.Schedule(new Work(Again));  // comes back

        Volatile.Write(ref isStopped, true);
        await stopped.Task;

        void Again()
        {
            if (Volatile.Read(ref isStopped)) stopped.SetResult();
            else RunNext.Schedule(new Work(Again));
        }
    }

    [Fact]
    public void A_turn_within_another_ends_with_that()
    {
        var ran = false;

        using (RunNext.Begin())
        {
            using (RunNext.Begin()) RunNext.Schedule(new Work(() => ran = true));
            Assert.False(ran);
        }

        Assert.True(ran);
    }

    [Fact]
    public async Task Work_that_fails_does_not_keep_the_thread_at_work()
    {
        var ran = new TaskCompletionSource();

        Assert.Throws<InvalidOperationException>(() =>
        {
            using var turn = RunNext.Begin();
            RunNext.Schedule(new Work(() =>
            {
                RunNext.Schedule(new Work(ran.SetResult));
                throw new InvalidOperationException("It fails.");
            }));
        });

        await ran.Task;                                             // elsewhere
    }

    private sealed class Work(Action run) : IThreadPoolWorkItem
    {
        public void Execute() => run();
    }
}
