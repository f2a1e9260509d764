using System.Text.Json.Nodes;
using Signaling.Actors.Hosting;
using Signaling.Actors.Stats;

namespace Signaling.Node.Management;

/// <summary>What operators and their probes ask, in the original server's shapes.</summary>
internal static class ManagementEndpoints
{
    private const string Service = "signaling-server";
    private static readonly string[] Read = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Liveness and readiness, which orchestrators ask without a secret.</summary>
    public static bool IsProbe(PathString path) => path.Equals("/health/live") || path.Equals("/health/ready");

    /// <summary>The management port: health, statistics, liveness and readiness. Anything unknown is 404.</summary>
    public static void MapManagement(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapMethods("/", Read, Health);
        endpoints.MapMethods("/health", Read, Health);
        endpoints.MapMethods("/stats", Read, (SignalingMetrics metrics) => new
        {
            totalConnections = metrics.ConnectionsTotal,
            currentConnections = metrics.Connections,
            messagesForwarded = metrics.Relayed,
            offlineMessagesStored = metrics.Stored,
            startTime = metrics.StartedAt.ToUnixTimeMilliseconds(),
            offlineMessagesQueued = metrics.Queued,
        });
        endpoints.MapMethods("/health/live", Read, () => new { status = "live" });
        endpoints.MapMethods("/health/ready", Read, (SignalingNode node) => node.IsReady
            ? Results.Ok(new { status = "ready" })
            : Results.Json(new { status = "not ready" }, statusCode: StatusCodes.Status503ServiceUnavailable));
    }

    /// <summary>The public port's share of it, as the public relay answers.</summary>
    public static void MapPublicHealth(this IEndpointRouteBuilder endpoints) => endpoints.MapMethods("/health", Read, (SignalingMetrics metrics, TimeProvider time) =>
    {
        var health = Health(metrics, time);
        health.Add("ok", true);
        health.Add("peers", metrics.Peers);
        return health;
    });

    private static JsonObject Health(SignalingMetrics metrics, TimeProvider time) => new()
    {
        ["status"] = "healthy",
        ["service"] = Service,
        ["version"] = NodeVersion.Text,
        ["uptime"] = Uptime(metrics, time),
        ["connections"] = new JsonObject { ["current"] = metrics.Connections, ["total"] = metrics.ConnectionsTotal },
        ["messages"] = new JsonObject { ["forwarded"] = metrics.Relayed, ["offlineQueued"] = metrics.Queued },
        ["timestamp"] = Timestamp(time),
    };

    private static long Uptime(SignalingMetrics metrics, TimeProvider time) => (long)(time.GetUtcNow() - metrics.StartedAt).TotalSeconds;

    private static string Timestamp(TimeProvider time) => time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", null);
}
