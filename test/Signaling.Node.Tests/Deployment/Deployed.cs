using YamlDotNet.Serialization;

namespace Signaling.Node.Tests.Deployment;

/// <summary>The files of <c>deploy/</c>, and the settings that they give a node.</summary>
internal static class Deployed
{
    public static string PathOf(params string[] names) => Path.Combine([AppContext.BaseDirectory, "deploy", .. names]);

    public static string Read(params string[] names) => File.ReadAllText(PathOf(names));

    /// <summary>Lines <c>NAME=value</c>, but for comments.</summary>
    public static Dictionary<string, string> Variables(string lines) => lines
        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Where(line => line[0] != '#')
        .Select(line => line.Split('=', 2))
        .ToDictionary(parts => parts[0], parts => parts[1]);

    /// <summary>A service of <c>docker-compose.yml</c>, anchors and merges resolved.</summary>
    public static Dictionary<string, object> ComposeService(string name) => ComposeServices()[name];

    public static Dictionary<string, Dictionary<string, object>> ComposeServices()
    {
        var parser = new YamlDotNet.Core.MergingParser(new YamlDotNet.Core.Parser(new StringReader(Read("docker-compose.yml"))));
        return new DeserializerBuilder().IgnoreUnmatchedProperties().Build().Deserialize<ComposeFile>(parser).Services;
    }

    public static string KubernetesManifests() => string.Join("\n---\n", Directory.GetFiles(PathOf("kubernetes"), "*.yaml").Where(file => Path.GetFileName(file) != "kustomization.yaml").Select(File.ReadAllText));

    private sealed class ComposeFile
    {
        [YamlMember(Alias = "services")] public Dictionary<string, Dictionary<string, object>> Services { get; set; } = [];
    }
}
