namespace Signaling.Node.Configuration;

/// <summary>What a command line says of the configuration, whatever its command.</summary>
/// <param name="Settings">Paths and values.</param>
/// <param name="File">A configuration file besides the node's own <c>appsettings.json</c>.</param>
internal sealed record CommandLine(IReadOnlyDictionary<string, string?> Settings, FileInfo? File);
