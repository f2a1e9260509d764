using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using Signaling.Actors.Hosting;

namespace Signaling.Node.Configuration;

/// <summary>Why a node could not start, for the operator who started it: one line, no stack trace.</summary>
internal static partial class StartFailure
{
    /// <returns>Null where the failure is no operator's mistake but ours.</returns>
    public static string? Describe(Exception failure) => failure switch
    {
        OptionsValidationException invalid => "invalid configuration: " + string.Join("; ", invalid.Failures.Select(DescribeRange)),
        IOException { InnerException: AddressInUseException } => failure.Message.TrimEnd('.') + "; stop the other process, or set PORT or HEALTH_PORT",
        IOException or UnauthorizedAccessException or InvalidDataException => OneLine(failure),
        _ => null,
    };

    /// <summary>The data annotations name the member twice, and as C# spells it.</summary>
    private static string DescribeRange(string failure) =>
        AnnotationFailure().Replace(failure, match => $"{SignalingOptions.Section}:{match.Groups["path"].Value.Replace('.', ':')} {match.Groups["rule"].Value.TrimEnd('.')}");

    /// <summary>The failure, its cause, and that one's.</summary>
    private static string OneLine(Exception failure)
    {
        var messages = new List<string>();
        for (var cause = failure; cause is not null; cause = cause.InnerException) messages.Add(MessageOf(cause));
        return string.Join(": ", messages.Distinct()).ReplaceLineEndings(" ");
    }

    /// <summary>A file that is no JSON may hold a secret where it goes wrong, which the reader would repeat.</summary>
    private static string MessageOf(Exception cause) => cause is JsonException { LineNumber: { } line, BytePositionInLine: { } position }
        ? $"no JSON from line {line + 1}, byte {position + 1} on"
        : cause.Message.TrimEnd('.');

    [GeneratedRegex(@"^\w+: The (field )?\w+\.(?<path>[\w.]+)( field)? (?<rule>.*)$")]
    private static partial Regex AnnotationFailure();
}
