using System.Diagnostics.Metrics;
using System.Reflection;
using Akka.Actor;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Signaling.Actors.Auth;
using Signaling.Actors.Directory;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Privacy;
using Signaling.Actors.Stats;
using Signaling.Actors.Turn;

namespace Signaling.Actors.Hosting;

/// <summary>Puts a signaling node into any host.</summary>
public static class SignalingHosting
{
    private const string LogCategory = "Signaling";

    /// <summary>Adds the node with an actor system of its own. Options are checked at start; every error is in one message.</summary>
    /// <param name="services">The host's services. A <see cref="TimeProvider"/>, <see cref="IMailboxStore"/> or <see cref="IPeerAuthorizer"/> that is there is used; without the last, every client may register every id.</param>
    /// <param name="configure">Sets options in code.</param>
    public static IServiceCollection AddSignaling(this IServiceCollection services, Action<SignalingOptions>? configure = null)
    {
        services.AddOptions<SignalingOptions>().Configure(configure ?? (_ => { })).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SignalingOptions>, SignalingOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IMailboxStore, InMemoryMailboxStore>();
        services.TryAddSingleton<IMailboxes, LocalMailboxes>();
        services.TryAddSingleton(provider => new LogNames(provider.GetRequiredService<IOptions<SignalingOptions>>().Value.Privacy.LogIds));
        services.TryAddSingleton(provider =>
        {
            var store = provider.GetRequiredService<IMailboxStore>();
            return new SignalingMetrics(provider.GetRequiredService<IMeterFactory>(), provider.GetRequiredService<TimeProvider>(), () => store.Totals.Messages);
        });
        services.TryAddSingleton(provider =>
            new StoreHealth(provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILoggerFactory>().CreateLogger(LogCategory)));
        services.TryAddSingleton(provider => new MailboxServices(
            provider.GetRequiredService<IOptions<SignalingOptions>>().Value.Mailbox, provider.GetRequiredService<IMailboxStore>(), provider.GetRequiredService<StoreHealth>(),
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<SignalingMetrics>(), provider.GetRequiredService<ILoggerFactory>().CreateLogger(LogCategory),
            provider.GetRequiredService<LogNames>()));
        services.TryAddSingleton(provider => new IceServers(provider.GetRequiredService<IOptions<SignalingOptions>>().Value.Turn, provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton(provider => new SignalingNode(
            provider.GetRequiredService<StoreHealth>(), provider.GetRequiredService<SignalingMetrics>(), provider.GetRequiredService<IOptions<SignalingOptions>>().Value.Limits,
            provider.GetRequiredService<TimeProvider>(), provider.GetServices<INodeExtension>()));
        services.AddHostedService<DrainOnStop>();
        return services.AddAkka("signaling", (builder, provider) =>
        {
            foreach (var extension in provider.GetServices<INodeExtension>()) extension.Configure(builder, provider);
            builder.AddHocon(EmbeddedHocon("node.conf"), HoconAddMode.Append)
            .AddHocon(ShutdownHocon(provider.GetRequiredService<IOptions<SignalingOptions>>().Value), HoconAddMode.Prepend)
            .ConfigureLoggers(loggers =>
            {
                loggers.ClearLoggers();
                loggers.LogLevel = Akka.Event.LogLevel.WarningLevel;
                loggers.AddLoggerFactory();
            })
            .WithSignalingActors();
        });
    }

    /// <summary>Starts the node's actors in an actor system that the host already has; the services of <see cref="AddSignaling"/> must be there.</summary>
    public static AkkaConfigurationBuilder WithSignalingActors(this AkkaConfigurationBuilder builder) => builder.WithActors((system, _, resolver) =>
    {
        var options = resolver.GetService<IOptions<SignalingOptions>>().Value;
        var metrics = resolver.GetService<SignalingMetrics>();
        var log = resolver.GetService<ILoggerFactory>().CreateLogger(LogCategory);
        var services = new DirectoryServices(
            options.Connection, options.Limits, options.Presence, resolver.GetService<IceServers>(),
            resolver.GetService<IMailboxes>(), resolver.GetService<MailboxServices>(), resolver.GetService<TimeProvider>(), metrics, resolver.GetService<IPeerAuthorizer>(), log,
            resolver.GetService<IRosterReplicas>());

        system.ActorOf(StatsActor.Props(options.Stats, metrics, log), "stats");
        var node = resolver.GetService<SignalingNode>();
        node.Started(system.ActorOf(PeerDirectoryActor.Props(services), "peers"));
        CoordinatedShutdown.Get(system).AddTask(CoordinatedShutdown.PhaseServiceRequestsDone, "drain-signaling", async () =>
        {
            await node.DrainAsync(options.Shutdown);
            return Akka.Done.Instance;
        });
    });

    private static Akka.Configuration.Config ShutdownHocon(SignalingOptions options) =>
        $"akka.coordinated-shutdown.phases.{CoordinatedShutdown.PhaseServiceRequestsDone}.timeout = {(long)options.Shutdown.GracePeriod.TotalMilliseconds}ms";

    /// <summary>Asks an actor to end, and waits for it, but no longer than the time-out.</summary>
    internal static async Task StopInTimeAsync(this IActorRef actor, TimeSpan timeout, object stopMessage)
    {
        try
        {
            await actor.GracefulStop(timeout, stopMessage);
        }
        catch (TaskCanceledException)
        {
            // What it has not finished is cut short when its actor system ends.
        }
    }

    /// <summary>A file of <c>hocon/</c>.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="assembly">That it is embedded in; null for this one.</param>
    internal static Akka.Configuration.Config EmbeddedHocon(string name, Assembly? assembly = null)
    {
        using var stream = (assembly ?? typeof(SignalingHosting).Assembly).GetManifestResourceStream($"hocon/{name}")
            ?? throw new InvalidOperationException($"{name} is not embedded.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>Runs Akka's shutdown while the host's servers still carry the clients' last frames; they stop after it.</summary>
    private sealed class DrainOnStop(ActorSystem system) : IHostedLifecycleService
    {
        public Task StoppingAsync(CancellationToken cancellationToken) => CoordinatedShutdown.Get(system).Run(CoordinatedShutdown.ActorSystemTerminateReason.Instance);

        public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
