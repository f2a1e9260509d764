using Akka.Actor;

namespace Signaling.Actors.Mailboxes;

/// <summary>Removes what is too old from the store, also from mailboxes that nobody opens.</summary>
internal sealed class ExpiryActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    public ExpiryActor(MailboxServices services)
    {
        Receive<Tick>(_ => RemoveAsync(services).PipeTo(Self, success: count => new Removed(count), failure: cause => new Failed(cause)));
        Receive<Removed>(removed =>
        {
            services.Metrics.MessagesExpired(removed.Count);
            StartTimer();
        });
        Receive<Failed>(failed =>
        {
            services.Health.Failed(failed.Cause, "the removal of expired messages");
            StartTimer();
        });
    }

    public ITimerScheduler Timers { get; set; } = null!;            // set by Akka before PreStart

    public static Props Props(MailboxServices services) => Akka.Actor.Props.Create<ExpiryActor>(services);

    protected override void PreStart() => StartTimer();

    private void StartTimer() => Timers.StartSingleTimer(nameof(Tick), Tick.Instance, Interval);

    /// <summary>A store may also throw before its first await; so it fails a task, not this actor.</summary>
    private static async Task<int> RemoveAsync(MailboxServices services) =>
        await services.Store.RemoveAcceptedUpToAsync(services.Time.GetUtcNow() - services.Options.TimeToLive);

    private sealed record Removed(int Count);

    private sealed record Failed(Exception Cause);

    private sealed record Tick
    {
        public static readonly Tick Instance = new();
    }
}
