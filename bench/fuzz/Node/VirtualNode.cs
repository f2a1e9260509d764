using System.Diagnostics.Metrics;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Signaling.Actors.Auth;
using Signaling.Actors.Connections;
using Signaling.Actors.Directory;
using Signaling.Actors.Hosting;
using Signaling.Actors.Limits;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Messages;
using Signaling.Actors.Presence;
using Signaling.Actors.Privacy;
using Signaling.Actors.Stats;
using Signaling.Actors.Tests.Testing;
using Signaling.Actors.Turn;
using static Signaling.Fuzz.Engine.FuzzFailureException;

namespace Signaling.Fuzz.Node;

/// <summary>A node's actors with its settings of Akka and the store in memory, on virtual time and on the caller's thread: when a call returns, everything that it caused has happened.</summary>
internal sealed class VirtualNode : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // So small that a conversation of a few messages exceeds each of them.
    private static readonly ConnectionOptions Connection = new() { MaxPeerIds = 3 };
    private static readonly LimitOptions Limits = new() { MessageBurst = 40, ByteBurst = 65_536, QuestionBurst = 5, RecipientsPerMinute = 8 };
    private static readonly MailboxOptions Mailbox = new() { Capacity = 4, MaxBytes = 10_000, MaxTotalBytes = 50_000, MaxOpenedPerMinute = 4 };
    private static readonly PresenceOptions Presence = new() { MaxRelated = 3, MaxWatched = 4 };

    private readonly StepQueue _steps = new();
    private readonly ActorSystem _system;
    private readonly Complaints _complaints = new();
    private readonly Meters _meters = new();
    private readonly SignalingMetrics _metrics;
    private readonly RepointableActorRef _directory;

    public VirtualNode()
    {
        _system = ActorSystem.Create("signaling", ConfigurationFactory.ParseString($$"""
            akka.scheduler.implementation = "{{typeof(VirtualScheduler).AssemblyQualifiedName}}"
            akka.loglevel = WARNING
            akka.stdout-loglevel = OFF
            akka.loggers = []
            steps {
                type = "{{typeof(StepDispatcherConfigurator).AssemblyQualifiedName}}"
                queue = {{_steps.Id}}
                throughput = 1
            }
            akka.actor.deployment."/**".dispatcher = steps
            """).WithFallback(SignalingHosting.EmbeddedHocon("node.conf")));
        Time = Scheduler.Time;
        var listener = Start(Akka.Actor.Props.Create(() => new Listener(_complaints)));
        foreach (var complaint in (Type[])[typeof(UnhandledMessage), typeof(Error), typeof(Warning)]) _system.EventStream.Subscribe(listener, complaint);

        var store = new InMemoryMailboxStore();
        _metrics = new SignalingMetrics(_meters, Time, () => store.Totals.Messages);
        var mailbox = new MailboxServices(Mailbox, store, new StoreHealth(Time, _complaints), Time, _metrics, _complaints, new LogNames(IdsInLog.Escaped));
        _directory = Start(PeerDirectoryActor.Props(new DirectoryServices(
            Connection, Limits, Presence, new IceServers(new TurnOptions(), Time), new LocalMailboxes(mailbox), mailbox, Time, _metrics, Authorizer: null, _complaints)));
    }

    public TimeProvider Time { get; }

    /// <summary>Connection actors that live.</summary>
    public long Connections => _metrics.Connections;

    private VirtualScheduler Scheduler => (VirtualScheduler)_system.Scheduler;

    /// <summary>A client whose WebSocket is open.</summary>
    public void Connect(Client client)
    {
        _directory.Tell(new DirectoryProtocol.Connect(client, ClientOrigin.Unknown));
        Settle();
    }

    /// <summary>Lets happen what is to be done now.</summary>
    public void Settle() => _steps.Settle();

    /// <summary>Lets time pass.</summary>
    public void Advance(TimeSpan time) => Scheduler.Advance(time, Settle);

    /// <summary>Lets time pass until something holds, if it comes to hold.</summary>
    public void Await(Func<bool> condition)
    {
        for (var waited = TimeSpan.Zero; !condition() && waited < Patience; waited += TimeSpan.FromMilliseconds(250)) Advance(TimeSpan.FromMilliseconds(250));
    }

    /// <summary>Nothing failed, was left unhandled, or was logged as an error.</summary>
    public void ExpectNoComplaint() => Unless(_complaints.IsEmpty, _complaints.ToString());

    /// <summary>Shuts down as a node does: every client is told, and every actor ends.</summary>
    public void Drain()
    {
        _directory.Tell(new DirectoryProtocol.Drain(TimeSpan.FromSeconds(5), LeaveWithin: TimeSpan.Zero));
        Settle();
        Unless(Ends(() => _directory.IsTerminated) && Connections == 0, $"{Connections} connections do not end with the node.");
        ExpectNoComplaint();
    }

    public void Dispose()
    {
        var terminated = _system.Terminate();
        Ends(() => terminated.IsCompleted);
        _steps.Forget();
        _meters.Dispose();
    }

    private RepointableActorRef Start(Props props)
    {
        var actor = (RepointableActorRef)_system.ActorOf(props.WithDispatcher("steps"));
        Unless(Ends(() => actor.IsStarted), "An actor does not start."); // Akka's own guardian starts it, on a thread of its own
        return actor;
    }

    private bool Ends(Func<bool> condition) => SpinWait.SpinUntil(
        () =>
        {
            Settle();
            return condition();
        },
        Patience);

    private sealed class Listener : ReceiveActor
    {
        public Listener(Complaints complaints) => ReceiveAny(complaint => complaints.Add($"{complaint}"));
    }

    private sealed class Meters : IMeterFactory
    {
        private Meter? _meter;

        public Meter Create(MeterOptions options) => _meter = new Meter(options);

        public void Dispose() => _meter?.Dispose();
    }
}
