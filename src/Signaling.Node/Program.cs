using System.Text;
using Signaling.Actors.Hosting;
using Signaling.AspNetCore;
using Signaling.Cluster.Hosting;
using Signaling.Node;
using Signaling.Node.Auth;
using Signaling.Node.Commands;
using Signaling.Node.Configuration;
using Signaling.Node.Demo;
using Signaling.Node.Management;
using Signaling.Node.Security;
using Signaling.Node.Storage;

Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1"); // what polls sockets also serves them; before the first is made
Console.OutputEncoding = Encoding.UTF8;                           // whatever the locale: logs are read by programs

return await NodeCommands.InvokeAsync(args, RunAsync);

static async Task<int> RunAsync(CommandLine commandLine)
{
    // Not one of the builders that heed ASP.NET Core's own variables: the node listens where its options say, whatever ASPNETCORE_URLS says.
    var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
    NodeConfiguration.Load(builder.Configuration, commandLine);
    var options = NodeConfiguration.Read(builder.Configuration);
    builder.Logging.AddNodeLog(builder.Configuration);
    builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().UseSignalingSockets().ConfigureKestrel(kestrel => Server.Configure(kestrel, options));
    builder.Services.AddRoutingCore();
    builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.Shutdown.GracePeriod);
    builder.Services.AddMailboxStore(options.Store, options.Auth.Keys.MaxPins);
    builder.Services.AddPeerAuthorizer(options.Auth);
    if (options.Cluster.Enabled) builder.Services.AddSignalingCluster(options.Cluster, options.Cluster.Tls.IsSet ? CertificateFiles.Read(options.Cluster.Tls).Load().TargetCertificate : null);
    builder.Services.AddSignaling(builder.Configuration.GetSection(SignalingOptions.Section).Bind);

    await using var app = builder.Build();
    app.MapWhen(Server.IsManagement, management =>
    {
        management.UseBearerToken(options.Management.Token, ManagementEndpoints.IsProbe);
        management.UseRouting().UseEndpoints(endpoints => endpoints.MapManagement());
    });
    app.UseSignaling().UseRouting().UseEndpoints(endpoints =>
    {
        endpoints.MapPublicHealth();
        endpoints.MapTurnCredentials();
        if (options.Demo.Enabled) endpoints.MapDemo();
        endpoints.MapSignaling();
    });

    await app.Services.OpenMailboxStoreAsync();
    app.Services.OpenPeerAuthorizer();
    var membership = app.Services.GetService<ClusterMembership>();
    try
    {
        await Server.StartAsync(app, options);
    }
    catch (Exception) when (membership is { Failure: not null })
    {
        return Ended(app, membership);                              // Akka ends a node that the others do not trust, and what was about to start cannot any more
    }
    var (clients, management) = (app.Urls.First(), app.Urls.Last());
    Log.Ready(app.Logger, NodeVersion.Text, clients, management);
    var demo = DemoPage.AddressAt(new Uri(clients));
    if (options.Demo.Enabled) Log.Demo(app.Logger, demo);
    if (options.Auth.Mode == AuthMode.Open && !new Uri(clients).IsLoopback) Log.ClientsAreOpen(app.Logger, clients);
    if (options.Management.Token.Length == 0 && !new Uri(management).IsLoopback) Log.ManagementIsOpen(app.Logger, management);
    await app.WaitForShutdownAsync();
    return membership is null ? 0 : Ended(app, membership);
}

static int Ended(WebApplication app, ClusterMembership membership)
{
    if (membership.Failure is not { } failure) return 0;
    if (membership.WasRemoved) Log.Removed(app.Logger);
    else Log.Failed(app.Logger, failure);
    return 1;
}

internal static partial class Log
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "Signaling node {Version} is ready: clients at {Clients}, management at {Management}")]
    public static partial void Ready(ILogger logger, string version, string clients, string management);

    [LoggerMessage(EventId = 4, Level = LogLevel.Information, Message = "Demo page: open {Address} in two browser tabs")]
    public static partial void Demo(ILogger logger, Uri address);

    [LoggerMessage(EventId = 5, Level = LogLevel.Critical, Message = "This node was removed from the cluster, since the others could not reach it; it ends, to be started anew")]
    public static partial void Removed(ILogger logger);

    [LoggerMessage(EventId = 6, Level = LogLevel.Critical, Message = "This node ends without having been told to, to be started anew: {Reason}; the lines before say more")]
    public static partial void Failed(ILogger logger, string reason);

    [LoggerMessage(EventId = 3, Level = LogLevel.Warning, Message = "Whoever reaches {Clients} may register any peerId, as clients are not authenticated: see Auth:Mode")]
    public static partial void ClientsAreOpen(ILogger logger, string clients);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message = "Whoever reaches {Management} can read what operators read: set Management:Token, or Management:Host to 127.0.0.1")]
    public static partial void ManagementIsOpen(ILogger logger, string management);
}
