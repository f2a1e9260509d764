using System.Collections;
using System.ComponentModel;

namespace Signaling.Node.Configuration;

/// <summary>A setting that cannot be bound to the options.</summary>
/// <param name="Path">As the operator spelled it.</param>
/// <param name="Sentence">What is wrong with it.</param>
internal sealed record SettingMistake(string Path, string Sentence)
{
    /// <summary>Whether a setting is this one, or part of it.</summary>
    public bool Covers(string path) =>
        path.StartsWith(Path, StringComparison.OrdinalIgnoreCase) && (path.Length == Path.Length || path[Path.Length] == ':');

    public override string ToString() => $"{Path}: {Sentence}";
}

/// <summary>Finds every <see cref="SettingMistake"/>; the binder itself would stop at the first.</summary>
internal static class SettingMistakes
{
    public static IEnumerable<SettingMistake> Find(IConfigurationSection settings, Type type)
    {
        if (IsValue(type)) return FindInValue(settings, type);
        if (settings.Value is { Length: > 0 }) return [new SettingMistake(settings.Path, $"one value stands where {(IsList(type) ? "a list" : "a section")} belongs")]; // it may be a secret that came too high
        return settings.GetChildren().SelectMany(child => Find(child, type, child.Key));
    }

    private static IEnumerable<SettingMistake> Find(IConfigurationSection child, Type parent, string name)
    {
        if (IsList(parent)) return Find(child, parent.GetGenericArguments()[0]);
        return Array.Find(parent.GetProperties(), property => property.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } property
            ? Find(child, property.PropertyType)
            : [new SettingMistake(child.Path, "there is no such setting")];
    }

    private static IEnumerable<SettingMistake> FindInValue(IConfigurationSection setting, Type type)
    {
        if (setting.GetChildren().Any()) yield return new SettingMistake(setting.Path, "takes one value");
        else if (setting.Value is not { } value) yield return new SettingMistake(setting.Path, "has no value");
        else if (!TypeDescriptor.GetConverter(type).IsValid(value)) yield return new SettingMistake(setting.Path, $"'{value}' is no {NameOf(type)}");
    }

    private static bool IsValue(Type type) => type.IsValueType || type == typeof(string);

    private static bool IsList(Type type) => type.IsAssignableTo(typeof(IEnumerable));

    private static string NameOf(Type type) =>
        type == typeof(TimeSpan) ? "duration such as 00:01:30"
        : type == typeof(int) || type == typeof(long) ? "whole number"
        : type.IsEnum ? string.Join(" or ", Enum.GetNames(type))
        : type.Name;
}
