using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Signaling.Node.Configuration;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.Configuration;

/// <summary>Holds the tables of settings in the READMEs against the options: each is there with its default and range, and no other.</summary>
public sealed partial class ReadmeSpecs
{
    [Theory]
    [InlineData("README.md")]
    [InlineData("README.zh-CN.md")]
    public void Every_setting_is_listed_with_its_environment_variable_default_and_range(string file)
    {
        var listed = SettingRow().Matches(Read(file)).Select(row => row.Groups["setting"].Value);

        Assert.Equal(Settings(new NodeOptions()).Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData("README.zh-CN.md")]
    public async Task Every_short_form_is_in_the_help_and_sets_what_the_table_says(string file)
    {
        var forms = ShortForm().Matches(Read(file)).ToArray();
        var help = string.Join('\n', (await NodeProcess.RunAsync("--help")).Output);

        Assert.Equal(3, forms.Length);
        foreach (var form in forms.Select(form => form.Groups))
        {
            Assert.Matches($@"{form["option"].Value} <.*\({form["variable"].Value}\)", help);
            var value = form["setting"].Value.EndsWith("Host", StringComparison.Ordinal) ? "127.0.0.9" : "4711";
            var byVariable = await NodeProcess.RunAsync(new Dictionary<string, string> { [form["variable"].Value] = value }, "--check-config");
            var byOption = await NodeProcess.RunAsync(form["option"].Value, value, "--check-config");
            var bySetting = await NodeProcess.RunAsync("--set", $"{form["setting"].Value}={value}", "--check-config");
            Assert.Contains(bySetting.Output, line => line.Contains(value, StringComparison.Ordinal));
            Assert.Equal(bySetting.Output, byVariable.Output);
            Assert.Equal(bySetting.Output, byOption.Output);
        }
    }

    /// <summary>The first four cells of each setting's row.</summary>
    private static IEnumerable<string> Settings(object options, string prefix = "")
    {
        foreach (var property in options.GetType().GetProperties())
        {
            var (path, value) = (prefix + property.Name, property.GetValue(options)!);
            if (value is string or ValueType or IList)
            {
                var variable = "Signaling__" + path.Replace(":", "__", StringComparison.Ordinal);
                var text = value is IList list ? string.Join(' ', list.Cast<string>()) : string.Create(CultureInfo.InvariantCulture, $"{value}");
                yield return $"| `{path}` | `{variable}` |{Cell(text.Length > 0 ? $"`{text}`" : "")}|{Cell(Range(property))}|";
            }
            else
            {
                foreach (var setting in Settings(value, path + ":")) yield return setting;
            }
        }
    }

    private static string Range(PropertyInfo property) => property.GetCustomAttribute<RangeAttribute>() is { } range ? $"{range.Minimum} – {range.Maximum}" : "";

    private static string Cell(string content) => content.Length > 0 ? $" {content} " : " ";

    private static string Read(string file) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", file));

    [GeneratedRegex(@"^(?<setting>\| `[\w:]+` \| `Signaling__\w+` \|[^|]*\|[^|]*\|)", RegexOptions.Multiline)]
    private static partial Regex SettingRow();

    [GeneratedRegex(@"^\| `(?<setting>[\w:]+)` \| `(?<variable>[A-Z_]+)` \| `(?<option>--[a-z-]+)` \|$", RegexOptions.Multiline)]
    private static partial Regex ShortForm();
}
