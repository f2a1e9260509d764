using Signaling.ClusterFaults.Histories;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Cluster.Tests.Histories;

public sealed class HistorySpecs : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_is_written_is_read_again_as_it_was_and_in_the_order_of_its_times()
    {
        var path = _folder.PathOf("history.jsonl");
        var history = new History(path);
        foreach (var happening in RandomHistory.Of(new Random(1))) history.Add(happening);
        history.Add(new Fault(FaultKind.Parted, "node-1", "OneWay"));
        history.Add(new Sent("alice", "bob", 1, 1, Receipt: true, Due: 5));
        history.Add(new Registered("alice", 1, "node-1"));
        history.Add(new Parted("alice", 1, IsLeave: true));
        await history.DisposeAsync();

        var read = await History.ReadAsync(path);

        Assert.Equal(history.Events, read);
        Assert.Equal(read.OrderBy(happening => happening.At), read);
    }
}
