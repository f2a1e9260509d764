using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using Signaling.Actors.Hosting;

namespace Signaling.Node.Configuration;

/// <summary>Where settings come from, the later ones winning: defaults (those of <c>DOTNET_ENVIRONMENT=Development</c> have the demo page on), <c>appsettings.json</c> beside the node, <c>--config</c>, the environment
/// (<c>Signaling__Mailbox__Capacity</c>, then <c>HOST</c>, <c>PORT</c>, <c>HEALTH_PORT</c>), the command line.</summary>
internal static class NodeConfiguration
{
    private const string Mask = "***";

    private static readonly (string Variable, string Path)[] ShortForms =
        [("HOST", "Listen:Host"), ("PORT", "Listen:Port"), ("HEALTH_PORT", "Management:Port")];

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Converters = { new JsonStringEnumConverter() } };

    private static readonly string[][] Secrets = [["Tls", "Password"], ["Management", "Token"], ["Management", "Tls", "Password"], ["Cluster", "Tls", "Password"], ["Turn", "Secret"], ["Auth", "Jwt", "Secret"], ["Auth", "Webhook", "Secret"], ["Store", "ConnectionString"]];

    public static void Load(ConfigurationManager configuration, CommandLine commandLine)
    {
        configuration.Sources.Clear();
        if (Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT") == Environments.Development)
            configuration.AddInMemoryCollection([KeyValuePair.Create($"{SignalingOptions.Section}:Demo:Enabled", (string?)bool.TrueString)]);
        configuration.AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true);
        if (commandLine.File is { } file) configuration.AddJsonFile(file.FullName);
        configuration.AddEnvironmentVariables();
        configuration.AddInMemoryCollection(
            from form in ShortForms
            let value = Environment.GetEnvironmentVariable(form.Variable)
            where !string.IsNullOrEmpty(value)
            select KeyValuePair.Create($"{SignalingOptions.Section}:{form.Path}", (string?)value));
        configuration.AddInMemoryCollection(commandLine.Settings);
    }

    /// <summary>The effective options, checked.</summary>
    /// <exception cref="OptionsValidationException">Every setting that does not exist, every value that is of the wrong type or out of its range or breaks a rule.</exception>
    public static NodeOptions Read(IConfiguration configuration)
    {
        var section = configuration.GetSection(SignalingOptions.Section);
        var mistakes = SettingMistakes.Find(section, typeof(NodeOptions)).ToArray();
        var options = new NodeOptions();
        Without(mistakes, section).Bind(options);
        IValidateOptions<NodeOptions>[] validators = [new NodeOptionsRanges(), new NodeOptionsRules()];
        string[] failures =
            [.. mistakes.Select(mistake => mistake.ToString()), .. validators.SelectMany(validator => validator.Validate(null, options).Failures ?? [])];
        return failures.Length == 0 ? options : throw new OptionsValidationException(nameof(NodeOptions), typeof(NodeOptions), failures);
    }

    /// <summary>The options as JSON, fit to be shown: secrets that are set appear as <c>***</c>.</summary>
    public static string Describe(NodeOptions options)
    {
        var json = JsonSerializer.SerializeToNode(options, Json)!.AsObject();
        foreach (var path in Secrets)
        {
            var section = path[..^1].Aggregate(json, (node, name) => node[name]!.AsObject());
            if (section[path[^1]]!.GetValue<string>().Length > 0) section[path[^1]] = Mask;
        }
        return new JsonObject { [SignalingOptions.Section] = json }.ToJsonString(Json);
    }

    /// <summary>What can be bound.</summary>
    private static IConfigurationSection Without(SettingMistake[] mistakes, IConfigurationSection section) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(section.AsEnumerable().Where(setting => !mistakes.Any(mistake => mistake.Covers(setting.Key))))
            .Build()
            .GetSection(section.Key);
}
