using Signaling.Crash;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.Crash;

/// <summary>The long run is <c>dotnet run --project bench/crash</c>. That a kill loses nothing says nothing of power failures: the operating system lives on.</summary>
public sealed class CrashTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Twenty_kills_of_the_node_lose_invent_repeat_and_reorder_nothing()
    {
        var result = await CrashRun.RunAsync(new CrashPlan(Kills: 20, Seed: 1), _folder.PathOf(""), _ => { });

        Assert.Empty(result.Delivery.Lost);
        Assert.Empty(result.Delivery.Unexpected);
        Assert.Empty(result.Delivery.Duplicated);
        Assert.Empty(result.Delivery.Reordered);
        Assert.Equal(0, result.Refused);
        Assert.Empty(result.Complaints);
        Assert.InRange(result.Delivery.Acknowledged, 100, result.Delivery.Attempts);
        Assert.NotEqual(0, result.SentAgain);                       // the kills came between messages and their receipts
    }

    [Fact]
    public async Task With_a_store_in_memory_the_same_run_shows_what_kills_lose()
    {
        var result = await CrashRun.RunAsync(new CrashPlan(Kills: 5, Seed: 1, "Store:Kind=Memory"), _folder.PathOf(""), _ => { });

        Assert.NotEmpty(result.Delivery.Lost);
    }
}
