using Akka.Configuration;
using Akka.Dispatch;

namespace Signaling.Actors.Dispatch;

/// <summary>The executor of <c>node.conf</c>: actors run by <see cref="RunNext"/>.</summary>
internal sealed class RunNextExecutor(Config config, IDispatcherPrerequisites prerequisites) : ExecutorServiceConfigurator(config, prerequisites)
{
    public override ExecutorService Produce(string id) => new Service(id);

    private sealed class Service(string id) : ExecutorService(id)
    {
        public override void Execute(IRunnable run) => RunNext.Schedule(run);

        public override void Shutdown()
        {
            // The thread pool is not ours to end.
        }
    }
}
