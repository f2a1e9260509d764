using Signaling.ClusterFaults.Processes;

namespace Signaling.Cluster.Tests.Processes;

/// <summary>Skipped, with the reason, where this machine makes no network namespaces.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NamespaceFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> WhyNot = new(() => Task.Run(Namespaces.WhyNotAsync).GetAwaiter().GetResult());

    public NamespaceFactAttribute() => Skip = WhyNot.Value;
}
