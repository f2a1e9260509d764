using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

/// <summary><c>samples/Embedded</c>, as the README shows it: an ASP.NET Core app with signaling in it.</summary>
public sealed class SampleTests
{
    private const int Terminate = 15;
    private const string Listening = "Now listening on: ";

    /// <summary>Beside the tests lies the node's <c>appsettings.json</c>, which keeps that line quiet.</summary>
    private const string SayWhere = "--Logging:LogLevel:Microsoft.Hosting.Lifetime=Information";

    [Fact]
    public void The_guide_shows_the_sample()
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "docs");

        Assert.Contains($"```csharp\n{File.ReadAllText(Path.Combine(folder, "Embedded.cs"))}```\n", File.ReadAllText(Path.Combine(folder, "embedding.md")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_app_with_signaling_in_it_relays_an_offer_answers_its_own_route_and_ends()
    {
        await using var app = new ChildProcess("Embedded.dll", new Dictionary<string, string>(), ["--urls", "http://127.0.0.1:0", SayWhere]);
        var address = new Uri((await app.OutputLineAsync(line => line.Contains(Listening, StringComparison.Ordinal))).Split(Listening)[1]);
        var signaling = new UriBuilder(address) { Scheme = "ws", Path = "/signal" }.Uri;
        await using var alice = await SignalingClient.ConnectAsync(signaling);
        await using var bob = await SignalingClient.ConnectAsync(signaling);
        await alice.RegisterAsync("alice");
        await bob.RegisterAsync("bob");

        await alice.SendAsync("""{"type":"offer","to":"bob","sdp":"v=0"}""");

        Assert.Equal("""{"type":"offer","to":"bob","sdp":"v=0","from":"alice"}""", (await bob.NextAsync("offer")).Text);
        using var http = new HttpClient();
        Assert.StartsWith("An ordinary route", await http.GetStringAsync(address), StringComparison.Ordinal);
        using var plain = await http.GetAsync(new Uri(address, "/signal"));
        Assert.Equal(426, (int)plain.StatusCode);

        app.Signal(Terminate);

        Assert.Equal(1001, (await alice.ClosedAsync()).Code);
        Assert.Equal(1001, (await bob.ClosedAsync()).Code);
        Assert.Equal(0, await app.ExitCodeAsync());
        Assert.Empty(app.Errors);
    }
}
