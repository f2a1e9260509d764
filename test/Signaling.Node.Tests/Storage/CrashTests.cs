using System.Globalization;
using System.Text;
using Signaling.Actors.Protocol;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.Storage;

/// <summary>What a node under load has on its disk at any moment, whole or damaged: what it confirmed is there, or its loss is named.</summary>
/// <remarks>A stopped process stands still between any two of its system calls, so a copy made then is what a kill would have left.</remarks>
public sealed class CrashTests : IDisposable
{
    private const int Mailboxes = 20;
    private const int Snapshots = 12;
    private const int Ahead = 50;                                  // messages without an answer
    private const int SigCont = 18;
    private const int SigStop = 19;

    private readonly TemporaryFolder _folder = new();
    private readonly Random _random = new(20_261_125);
    private readonly long[] _confirmed = new long[Mailboxes];      // by mailbox: how many messages were answered by peer-offline
    private long _sent;

    private string Copied => _folder.PathOf("copy.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Whatever_happens_to_the_log_confirmed_messages_are_there_or_their_loss_is_named()
    {
        await using var node = await NodeProcess.StartAsync("--set", $"Store:Directory={_folder.PathOf("data")}", "--set", "Mailbox:Capacity=10000");
        await using var client = await SignalingClient.ConnectAsync(node.Clients);
        await client.RegisterAsync("sender");
        for (var i = 0; i < Ahead; i++) await SendAsync(client);

        for (var i = 0; i < Snapshots; i++)
        {
            for (var answers = _random.Next(100, 400); answers > 0; answers--)
            {
                var mailbox = (await client.NextAsync("peer-offline")).Value("peerId");
                _confirmed[int.Parse(mailbox[1..], CultureInfo.InvariantCulture)]++;
                await SendAsync(client);
            }
            Snapshot(node);
            await CheckAsync();
        }
    }

    /// <summary>The next numbered message, to a peer that is away.</summary>
    private Task SendAsync(SignalingClient client)
    {
        var number = _sent++;
        return client.SendAsync($$"""{"type":"offer","to":"m{{number % Mailboxes}}","n":{{number / Mailboxes}},"sdp":"{{new string('x', 500)}}"}""");
    }

    /// <summary>While the last messages sent are on their way.</summary>
    private void Snapshot(NodeProcess node)
    {
        node.Signal(SigStop);
        SpinWait.SpinUntil(() => node.IsStopped);
        foreach (var suffix in new[] { "", "-wal" }) File.Copy(_folder.PathOf("data/mailboxes.db" + suffix), Copied + suffix, overwrite: true);
        node.Signal(SigCont);
    }

    private async Task CheckAsync()
    {
        var (whole, complaints) = await ReadAsync("whole", _ => { });
        Assert.Empty(complaints);
        for (var i = 0; i < Mailboxes; i++) Assert.InRange(whole[i], _confirmed[i], long.MaxValue);

        var (cut, _) = await ReadAsync("cut", wal => wal.SetLength(_random.NextInt64(wal.Length)));
        for (var i = 0; i < Mailboxes; i++) Assert.InRange(cut[i], 0, whole[i]);

        const int LastFrame = 24 + 4_096;                           // a flipped bit there looks as a write that was cut short
        var (flipped, named) = await ReadAsync("flipped", wal =>
        {
            wal.Position = _random.NextInt64(EndOfLog(wal) - LastFrame);
            var value = wal.ReadByte();
            wal.Position--;
            wal.WriteByte((byte)(value ^ (1 << _random.Next(8))));
        });
        for (var i = 0; i < Mailboxes; i++) Assert.InRange(flipped[i], 0, whole[i]);
        if (flipped.Sum() < whole.Sum()) Assert.StartsWith($"Error: {_folder.PathOf("flipped.db-wal")} is damaged: at least ", Assert.Single(named), StringComparison.Ordinal);
    }

    /// <summary>Opens a damaged copy, as a node does that starts: each mailbox holds its first messages, without a gap and to the byte.</summary>
    private async Task<(long[] Messages, IReadOnlyList<string> Complaints)> ReadAsync(string name, Action<FileStream> damage)
    {
        foreach (var suffix in new[] { "", "-wal" }) File.Copy(Copied + suffix, _folder.PathOf($"{name}.db{suffix}"), overwrite: true);
        await using (var wal = new FileStream(_folder.PathOf($"{name}.db-wal"), FileMode.Open)) damage(wal);

        var log = new LogList();
        await using var open = new OpenStore(_folder.PathOf($"{name}.db"), log: log);
        var counts = new long[Mailboxes];
        for (var i = 0; i < Mailboxes; i++)
        {
            Assert.True(PeerId.TryParse($"m{i}", out var peer));
            var messages = (await open.Store.OpenAsync(peer)).Messages;
            Assert.All(messages, (message, index) => Assert.Contains($"\"n\":{index},", Encoding.UTF8.GetString(message.Json.Span), StringComparison.Ordinal));
            counts[i] = messages.Count;
        }
        Assert.Equal(counts.Sum(), open.Store.Totals.Messages);
        return (counts, log.Lines);
    }

    /// <summary>Where the frames of this log end; those of the one before may follow.</summary>
    private static long EndOfLog(FileStream wal)
    {
        var header = new byte[32];
        wal.ReadExactly(header);
        var frame = new byte[24 + 4_096];
        var end = wal.Position;
        while (wal.ReadAtLeast(frame, frame.Length, throwOnEndOfStream: false) == frame.Length && frame.AsSpan(8, 8).SequenceEqual(header.AsSpan(16, 8))) end = wal.Position;
        return end;
    }
}
