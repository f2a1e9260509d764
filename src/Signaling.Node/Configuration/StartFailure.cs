using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using Signaling.Actors.Hosting;

namespace Signaling.Node.Configuration;

/// <summary>Why a node could not start, for the operator who started it: one line, no stack trace.</summary>
internal static partial class StartFailure
{
    private const string Invalid = "invalid configuration: ";

    /// <returns>Null where the failure is no operator's mistake but ours.</returns>
    public static string? Describe(Exception failure) => failure switch
    {
        OptionsValidationException invalid => Invalid + string.Join("; ", invalid.Failures.Select(DescribeRange)),
        InvalidOperationException { Source: "Microsoft.Extensions.Configuration.Binder" } => Invalid + DescribeUnknown(failure.Message),
        IOException { InnerException: AddressInUseException } => failure.Message.TrimEnd('.') + "; stop the other process, or set PORT or HEALTH_PORT",
        IOException or UnauthorizedAccessException or InvalidDataException or CryptographicException => OneLine(failure),
        SocketException => "cannot listen: " + OneLine(failure),
        _ => null,
    };

    /// <summary>The data annotations name the member twice, and as C# spells it.</summary>
    private static string DescribeRange(string failure) =>
        AnnotationFailure().Replace(failure, match => $"{SignalingOptions.Section}:{match.Groups["path"].Value.Replace('.', ':')} {match.Groups["rule"].Value.TrimEnd('.')}");

    private static string DescribeUnknown(string message) => UnknownSetting().Match(message) is { Success: true } match
        ? $"there is no setting {match.Groups["names"].Value} in {SignalingOptions.Section}{(match.Groups["class"].Value is var section and not "Node" ? ":" + section : "")}"
        : message.ReplaceLineEndings(" ");

    private static string OneLine(Exception failure) =>
        string.Join(": ", new[] { failure.Message, failure.InnerException?.Message }.OfType<string>()).ReplaceLineEndings(" ");

    [GeneratedRegex(@"^\w+: The field \w+\.(?<path>[\w.]+) (?<rule>.*)$")]
    private static partial Regex AnnotationFailure();

    [GeneratedRegex(@"instance of [\w.]*?(?<class>\w+)Options: (?<names>.*)$")]
    private static partial Regex UnknownSetting();
}
