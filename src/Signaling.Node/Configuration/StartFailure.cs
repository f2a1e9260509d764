using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace Signaling.Node.Configuration;

/// <summary>Why a node could not start, for the operator who started it: one line, no stack trace.</summary>
internal static class StartFailure
{
    /// <returns>Null where the failure is no operator's mistake but ours.</returns>
    public static string? Describe(Exception failure) => failure switch
    {
        OptionsValidationException invalid => "invalid configuration: " + string.Join("; ", invalid.Failures),
        IOException { InnerException: AddressInUseException } bind => bind.Message.TrimEnd('.') + "; stop the other process, or set PORT or HEALTH_PORT",
        IOException or UnauthorizedAccessException or InvalidDataException or CryptographicException => OneLine(failure),
        SocketException socket => $"cannot listen: {socket.Message}",
        // What the configuration binder throws.
        InvalidOperationException { Source: "Microsoft.Extensions.Configuration.Binder" } => "invalid configuration: " + OneLine(failure),
        _ => null,
    };

    private static string OneLine(Exception failure) =>
        string.Join(": ", new[] { failure.Message, failure.InnerException?.Message }.OfType<string>()).ReplaceLineEndings(" ");
}
