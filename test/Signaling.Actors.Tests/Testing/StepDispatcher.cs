using System.Collections.Concurrent;
using Akka.Configuration;
using Akka.Dispatch;

namespace Signaling.Actors.Tests.Testing;

/// <summary>What actors have to do, until the test lets them: one at a time, in the order it came up, on the test's thread.</summary>
/// <remarks>TestKit's CallingThreadDispatcher nests: an actor told in the middle of another's handler runs in there. And it hangs where an actor
/// creates children in its constructor.</remarks>
internal sealed class StepQueue
{
    private static readonly ConcurrentDictionary<string, StepQueue> All = [];
    private readonly ConcurrentQueue<IRunnable> _steps = [];
    private bool _isRunning;

    public StepQueue() => All[Id] = this;

    public string Id { get; } = Guid.NewGuid().ToString("N");

    public static StepQueue Find(string id) => All[id];

    public void Add(IRunnable step) => _steps.Enqueue(step);

    /// <summary>Runs until nothing is left to do.</summary>
    public void Settle()
    {
        if (_isRunning) return;
        _isRunning = true;
        try
        {
            while (_steps.TryDequeue(out var step)) step.Run();
        }
        finally
        {
            _isRunning = false;
        }
    }

    public void Forget() => All.TryRemove(Id, out _);
}

/// <summary>Named in the kit's HOCON, which gives it the id of its queue.</summary>
internal sealed class StepDispatcherConfigurator(Config config, IDispatcherPrerequisites prerequisites) : MessageDispatcherConfigurator(config, prerequisites)
{
    public override MessageDispatcher Dispatcher() => new StepDispatcher(this, StepQueue.Find(Config.GetString("queue")));

    private sealed class StepDispatcher(MessageDispatcherConfigurator configurator, StepQueue queue) : MessageDispatcher(configurator)
    {
        protected override void ExecuteTask(IRunnable run) => queue.Add(run);

        protected override void Shutdown()
        {
            // Akka shuts down a dispatcher that nobody uses for a while, and uses it again.
        }
    }
}
