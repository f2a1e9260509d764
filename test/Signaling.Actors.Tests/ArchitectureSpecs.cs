using System.Reflection;
using Signaling.Actors.Protocol;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests;

/// <summary>Knowledge points one way; a folder is a feature, and a feature that two folders know of each other is none.</summary>
public sealed class ArchitectureSpecs
{
    private static readonly Assembly Library = typeof(PeerId).Assembly;
    private static readonly string Root = typeof(PeerId).Namespace![..^".Protocol".Length];

    public static TheoryData<string, string[]> Folders => new()
    {
        { "Protocol", [] },
        { "Transport", ["Protocol"] },
        { "Auth", ["Protocol"] },
        { "Messages", ["Protocol", "Transport", "Auth", "Limits"] },
        { "Dispatch", [] },
        { "Limits", ["Protocol"] },
        { "Privacy", ["Protocol"] },
        { "Stats", ["Protocol"] },
        { "Turn", ["Protocol"] },
        { "Presence", ["Protocol", "Transport", "Dispatch", "Auth"] },
        { "Connections", ["Protocol", "Messages", "Transport", "Auth", "Limits", "Stats", "Turn", "Presence"] },
        { "Mailboxes", ["Protocol", "Messages", "Stats", "Privacy"] },
        { "Directory", ["Protocol", "Messages", "Transport", "Auth", "Limits", "Stats", "Turn", "Presence", "Connections", "Mailboxes", "Privacy"] },
        { "Hosting", ["Protocol", "Messages", "Transport", "Auth", "Limits", "Stats", "Turn", "Presence", "Connections", "Mailboxes", "Directory", "Privacy"] },
    };

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_folder_knows_no_others_than_these(string folder, string[] mayKnow)
    {
        var knowledge = from type in Library.GetTypes()
                        where FolderOf(type) == folder
                        from known in TypeKnowledge.Of(type)
                        where known.Assembly == Library && FolderOf(known) is { } other && other != folder && !mayKnow.Contains(other)
                        select $"{type} knows {known}";

        Assert.Empty(knowledge.Distinct());
    }

    [Fact]
    public void Every_folder_is_looked_at()
    {
        Assert.Equal(
            Folders.Select(row => (string)row[0]).Order(StringComparer.Ordinal),
            Library.GetTypes().Select(FolderOf).OfType<string>().Distinct().Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("Hosting.SignalingHosting", "Directory")]           // only in a lambda's code
    [InlineData("Directory.PeerDirectoryActor", "Mailboxes")]       // only in its constructor's code
    public void Knowledge_inside_a_method_is_seen(string knower, string known)
    {
        var type = Library.GetType($"{Root}.{knower}")!;

        var types = type.GetNestedTypes(BindingFlags.NonPublic).Append(type).SelectMany(TypeKnowledge.Of);

        Assert.Contains(known, types.Where(other => other.Assembly == Library).Select(FolderOf));
    }

    [Fact]
    public void The_protocol_knows_neither_actors_nor_hosts()
    {
        var foreign = from type in Library.GetTypes()
                      where FolderOf(type) == "Protocol"
                      from known in TypeKnowledge.Of(type)
                      let assembly = known.Assembly.GetName().Name!
                      where known.Assembly != Library && !assembly.StartsWith("System.", StringComparison.Ordinal)
                      select $"{type} knows {known}";

        Assert.Empty(foreign.Distinct());
    }

    [Fact]
    public void The_library_knows_no_web_server()
    {
        Assert.DoesNotContain(Library.GetReferencedAssemblies(), assembly => assembly.Name!.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal));
    }

    /// <summary>Null for what the compiler adds outside of every folder.</summary>
    private static string? FolderOf(Type type) =>
        type.Namespace is { } name && name.StartsWith(Root + ".", StringComparison.Ordinal) ? name[(Root.Length + 1)..] : null;
}
