using System.Reflection;
using System.Text.RegularExpressions;

namespace Signaling.Tests;

/// <summary>Holds <c>docs/threat-model.md</c> against the tests of this assembly: those that it names exist. Compiled into each test project.</summary>
public sealed partial class ThreatModelSpecs
{
    [Fact]
    public void Every_test_that_the_threat_model_names_exists()
    {
        var assembly = Assembly.GetExecutingAssembly();
        var project = assembly.GetName().Name!;                     // Signaling.Node.Tests
        var document = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "threat-model.md"));

        var named = Named().Matches(document).Where(test => project == $"Signaling.{test.Groups["project"].Value}.Tests").ToArray();

        Assert.NotEmpty(named);
        Assert.All(named, test => Assert.NotNull(assembly.GetType($"{project}.{test.Groups["class"].Value}")?.GetMethod(test.Groups["method"].Value)));
    }

    [GeneratedRegex(@"`(?<project>\w+): (?<class>[\w.]+)\.(?<method>\w+)`")]
    private static partial Regex Named();
}
