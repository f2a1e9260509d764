using Signaling.Node.Tests.Hosting;

namespace Signaling.Client.Tests.EndToEnd;

/// <summary><c>samples/Greeting</c>, which <c>docs/quickstart.md</c> shows with what it prints.</summary>
public sealed class QuickStartTests
{
    private static readonly string Docs = Path.Combine(AppContext.BaseDirectory, "docs");

    [Fact]
    public async Task The_program_of_the_quick_start_is_the_sample_and_prints_what_it_says()
    {
        var guide = await File.ReadAllTextAsync(Path.Combine(Docs, "quickstart.md"));
        var shown = guide.Split("```csharp\n") is [_, var rest] ? rest.Split("```") : throw new InvalidDataException("The quick start has one program in C#.");
        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(Docs, "Greeting.cs")), shown[0]);
        await using var node = await NodeProcess.StartAsync("--set", "Store:Kind=Memory");

        await using var program = new ChildProcess("Greeting.dll", new Dictionary<string, string>(), [node.Clients.ToString()]);

        Assert.Equal(0, await program.ExitCodeAsync());
        Assert.Equal(shown[2].Trim().Split('\n'), program.Output);
    }
}
