using System.Diagnostics;
using System.Globalization;
using Akka.Actor;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Privacy;
using Signaling.Actors.Protocol;
using Signaling.Node.Storage;
using Signaling.Node.Storage.Postgres;

// What a store does on this machine: the embedded one in a directory, or that in PostgreSQL, told by its connection string.
//   dotnet run -c Release --project bench/store -- [directory | connection string] [Always|Relaxed] [ceiling]
// With "ceiling", only what many callers can append. The directory must be on the disk that is to be measured; a database of 250 MB is made in it and removed again,
// in PostgreSQL a schema.
const int Messages = 200_000;
const int Mailboxes = 10_000;
const int Callers = 2_000;
const int Bytes = 1_024;

var place = args.Length > 0 ? args[0] : Path.GetTempPath();
var name = $"store_bench_{Environment.ProcessId}";
var options = new StoreOptions
{
    Kind = place.Contains('=', StringComparison.Ordinal) ? StoreKind.PostgreSql : StoreKind.Sqlite,
    Directory = Path.Combine(place, name),
    Fsync = args.Length > 1 ? Enum.Parse<FsyncPolicy>(args[1]) : FsyncPolicy.Always,
    ConnectionString = place,
    Schema = name,
};
var peers = Enumerable.Range(0, Mailboxes).Select(i => PeerId.TryParse(string.Create(CultureInfo.InvariantCulture, $"peer-{i:D6}-0123456789abcdef01234567"), out var peer) ? peer : default).ToArray();
var owners = new MailboxOwner[Mailboxes];
var json = new byte[Bytes];
Random.Shared.NextBytes(json);

using var system = ActorSystem.Create("bench", "akka.loglevel = WARNING");
await using (var database = await OpenAsync())
await using (var store = new GroupCommitMailboxStore(database, system, new GroupCommitOptions(), TimeProvider.System))
{
    Console.WriteLine($"{options.Kind}, fsync {options.Fsync}, {Environment.ProcessorCount} cores, {Messages:N0} messages of {Bytes} bytes, {Mailboxes:N0} mailboxes");
    await Measure("open new mailboxes", Mailboxes, async () => await Parallel.ForAsync(0, Mailboxes, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (i, _) => await OwnAsync(store, i)));
    await Appends(store, "warm-up", Messages / 10, 1, first: 1);
    await Appends(store, "append, 2,000 callers", Messages, Callers, first: 1_000_000);
    if (args.Length < 3) await Rest(store);
}
await system.Terminate();
await RemoveAsync();

async Task<IMailboxDatabase> OpenAsync()
{
    var names = new LogNames(IdsInLog.Escaped);
    if (options.Kind == StoreKind.Sqlite)
        return SqliteMailboxDatabase.Open(Path.Combine(Directory.CreateDirectory(options.Directory).FullName, "mailboxes.db"), options, NullLogger.Instance, names);
    var database = new PostgresMailboxDatabase(new PostgresPool(options), NullLogger.Instance, names, TimeProvider.System);
    await database.StartAsync();
    return database;
}

async Task RemoveAsync()
{
    if (options.Kind == StoreKind.Sqlite)
    {
        Directory.Delete(options.Directory, recursive: true);
        return;
    }
    await using var source = NpgsqlDataSource.Create(place);
    await using var drop = source.CreateCommand($"DROP SCHEMA {name} CASCADE");
    await drop.ExecuteNonQueryAsync();
}

async Task<OpenedMailbox> OwnAsync(GroupCommitMailboxStore store, int i)
{
    var opened = await store.OpenAsync(peers[i]);
    owners[i] = new MailboxOwner(peers[i], opened.Generation);
    return opened;
}

async Task Rest(GroupCommitMailboxStore store)
{
    await Appends(store, "append, 200 callers", Messages / 2, 200, first: 2_000_000);
    await Appends(store, "append, 20 callers", Messages / 10, 20, first: 3_000_000);
    await Latency(store, "one append each ms", 4_000_000, () => Task.CompletedTask);
    await Latency(store, "the same while all else expires", 5_000_000, async () =>
    {
        var watch = Stopwatch.StartNew();
        var removed = await store.RemoveAcceptedUpToAsync(DateTimeOffset.FromUnixTimeMilliseconds(3_999_999));
        Console.WriteLine($"  {removed:N0} messages expired, {removed / watch.Elapsed.TotalSeconds:N0}/s");
    });
    await Appends(store, "append again", Messages, Callers, first: 6_000_000);
    await Measure("open, read and remove", (int)store.Totals.Messages, async () => await Parallel.ForAsync(0, Mailboxes, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (i, _) =>
    {
        var opened = await OwnAsync(store, i);
        await store.RemoveAsync(owners[i], [.. opened.Messages.Select(message => message.Seq)]);
    }));
    await Measure("open empty mailboxes", Messages, async () => await Parallel.ForAsync(0, Messages, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (i, _) => await OwnAsync(store, i % Mailboxes)));
}

StoredMessage Message(long seq) => new(seq, peers[seq % Mailboxes], default, DateTimeOffset.FromUnixTimeMilliseconds(seq), json);

Task Appends(GroupCommitMailboxStore store, string name, int count, int callers, long first) => Measure(name, count, async () =>
{
    var next = first - 1;
    await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
    {
        while (Interlocked.Increment(ref next) is var seq && seq < first + count) await store.AppendAsync(owners[seq * 7_919 % Mailboxes], [Message(seq)]);
    })));
});

static async Task Measure(string name, int count, Func<Task> work)
{
    var (watch, cpu) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
    await work();
    var used = Environment.CpuUsage.TotalTime - cpu;
    Console.WriteLine($"{name}: {count / watch.Elapsed.TotalSeconds:N0}/s, {used.TotalSeconds * 1_000_000 / count:N1} s of CPU a million");
}

async Task Latency(GroupCommitMailboxStore store, string name, long first, Func<Task> meanwhile)
{
    const int Seconds = 10;
    var times = new List<Task<TimeSpan>>();
    using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
    var watch = Stopwatch.StartNew();
    var other = meanwhile();
    while (watch.Elapsed < TimeSpan.FromSeconds(Seconds) && await timer.WaitForNextTickAsync())
    {
        while (times.Count < watch.Elapsed.TotalMilliseconds) times.Add(Append(first + times.Count));
    }
    var sorted = (await Task.WhenAll(times)).Order().ToArray();
    await other;
    Console.WriteLine($"{name}: {sorted.Length / Seconds}/s, p50 {At(0.5)}, p99 {At(0.99)}, p99.9 {At(0.999)}, most {At(1)} ms");

    async Task<TimeSpan> Append(long seq)
    {
        var start = Stopwatch.GetTimestamp();
        await store.AppendAsync(owners[seq % Mailboxes], [Message(seq)]);
        return Stopwatch.GetElapsedTime(start);
    }

    string At(double share) => sorted[(int)Math.Min(sorted.Length - 1, sorted.Length * share)].TotalMilliseconds.ToString("F2", CultureInfo.InvariantCulture);
}
