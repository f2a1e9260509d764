using Microsoft.Extensions.Logging.Console;

namespace Signaling.Node.Configuration;

/// <summary>The node's log.</summary>
internal static class NodeLogging
{
    /// <summary>Loggers of ASP.NET Core whose lines repeat what a request says, where tokens are and whatever else a client likes: they are silent at every level.</summary>
    private static readonly string[] Indiscreet =
    [
        "Microsoft.AspNetCore.Hosting.Diagnostics",                 // URLs with their query; and, where scopes are shown, the path before every other line
        "Microsoft.AspNetCore.Routing.Matching.DfaMatcher",         // paths, decoded, with their control characters
        "Microsoft.AspNetCore.Server.Kestrel.BadRequests",          // request lines and headers that are wrong
    ];

    /// <summary>Logs to the console, by the settings of the section <c>Logging</c>.</summary>
    public static void AddNodeLog(this ILoggingBuilder logging, IConfiguration configuration)
    {
        logging.AddConfiguration(configuration.GetSection("Logging")).AddConsole();
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None); // a failed start is told once, by StartFailure
        foreach (var category in Indiscreet) logging.AddFilter<ConsoleLoggerProvider>(category, LogLevel.None); // by provider and behind the configuration: nothing in that wins over it
    }
}
