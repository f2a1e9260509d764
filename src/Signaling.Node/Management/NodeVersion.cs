using System.Reflection;

namespace Signaling.Node.Management;

/// <summary>What this node is.</summary>
internal static class NodeVersion
{
    /// <summary>The semantic version, such as <c>0.1.0</c>.</summary>
    public static readonly string Text =
        typeof(NodeVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
