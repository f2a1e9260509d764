using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Event;
using Akka.TestKit;
using Akka.TestKit.Xunit2;

namespace Signaling.Actors.Tests.Testing;

/// <summary>Actors on virtual time: everything that a call of this kit causes has happened when it returns; timers fire only in
/// <see cref="Advance"/>. A test that leaves an unhandled message or an unexpected error fails.</summary>
public abstract class VirtualTimeSpecs : TestKit
{
    private readonly StepQueue _steps;
    private readonly ConcurrentQueue<object> _complaints = [];

    protected VirtualTimeSpecs()
        : this(new StepQueue())
    {
    }

    private VirtualTimeSpecs(StepQueue steps)
        : base($$"""
            akka.scheduler.implementation = "Akka.TestKit.TestScheduler, Akka.TestKit"
            akka.loglevel = WARNING
            akka.stdout-loglevel = OFF
            akka.log-dead-letters = off
            steps {
                type = "{{typeof(StepDispatcherConfigurator).AssemblyQualifiedName}}"
                queue = {{steps.Id}}
                throughput = 1
            }
            akka.actor.deployment."/**".dispatcher = steps
            """)
    {
        _steps = steps;
        Time = new SchedulerTime(Scheduler);
        var listener = Start(Props.Create(() => new Listener(_complaints)));
        Sys.EventStream.Subscribe(listener, typeof(UnhandledMessage));
        Sys.EventStream.Subscribe(listener, typeof(Error));
    }

    protected TimeProvider Time { get; }

    private TestScheduler Scheduler => (TestScheduler)Sys.Scheduler;

    /// <summary>Starts an actor that works in the kit's steps.</summary>
    protected IActorRef Start(Props props, string? name = null)
    {
        var actor = (RepointableActorRef)Sys.ActorOf(props.WithDispatcher("steps"), name);
        Assert.True(SpinWait.SpinUntil(() => actor.IsStarted, TimeSpan.FromSeconds(30))); // Akka's own guardian starts it, on a thread of its own
        Settle();
        return actor;
    }

    /// <summary>Tells an actor something, and lets everything happen that follows from it.</summary>
    protected void Tell(IActorRef actor, object message, IActorRef? sender = null)
    {
        actor.Tell(message, sender ?? ActorRefs.NoSender);
        Settle();
    }

    /// <summary>Lets happen what is to be done now.</summary>
    protected void Settle() => _steps.Settle();

    /// <summary>Lets time pass; what is due on the way happens at its moment.</summary>
    protected void Advance(TimeSpan time)
    {
        // The last minute in small steps, so that a timer set by a timer fires in its turn.
        var step = TimeSpan.FromMilliseconds(10);
        var minute = TimeSpan.FromMinutes(1);
        for (; time > TimeSpan.Zero; time -= step)
        {
            step = time > minute ? minute : TimeSpan.FromMilliseconds(10);
            Scheduler.Advance(time < step ? time : step);
            Settle();
        }
    }

    /// <summary>The test made actors fail on purpose.</summary>
    protected void ExpectFailures() => Assert.NotEmpty(TakeComplaints().OfType<Error>());

    protected override void AfterAll()
    {
        Settle();
        var complaints = TakeComplaints();
        var terminated = Sys.Terminate();
        SpinWait.SpinUntil(() => // actors stop in the kit's steps too
        {
            Settle();
            return terminated.IsCompleted;
        });
        base.AfterAll();
        _steps.Forget();
        Assert.Empty(complaints);
    }

    private List<object> TakeComplaints()
    {
        var taken = new List<object>();
        while (_complaints.TryDequeue(out var complaint)) taken.Add(complaint);
        return taken;
    }

    private sealed class SchedulerTime(TestScheduler scheduler) : TimeProvider
    {
        private readonly DateTimeOffset _start = scheduler.Now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => scheduler.Now;

        public override long GetTimestamp() => (scheduler.Now - _start).Ticks;
    }

    private sealed class Listener : ReceiveActor
    {
        public Listener(ConcurrentQueue<object> complaints) => ReceiveAny(complaints.Enqueue);
    }
}
