using Akka.Actor;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Mailboxes;

/// <summary>A group-commit store over a database and a clock that the test holds.</summary>
/// <remarks>The stream of the store runs on other threads and decides itself which writes share a commit: that it takes all that wait is likely,
/// never sure. So a test lets all commits go on but the one that it means, and bounds the number of groups widely.</remarks>
public abstract class FakeDatabaseSpecs : IAsyncLifetime
{
    private protected static readonly TimeSpan StoreTimeout = TimeSpan.FromSeconds(10);

    private protected static readonly PeerId Alice = Peer("alice");
    private protected static readonly PeerId Bob = Peer("bob");

    private static readonly ReadOnlyMemory<byte> Json = """{"n":1}"""u8.ToArray();

    private readonly List<FakeDatabase> _databases = [];

    private protected ActorSystem System { get; } = ActorSystem.Create("store", "akka { loglevel = OFF, stdout-loglevel = OFF, coordinated-shutdown.default-phase-timeout = 30s }");

    private protected ManualTime Time { get; } = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync()
    {
        _databases.ForEach(database => database.LetAllGoOn());      // the actor system ends after what is under way
        return System.Terminate().Soon();
    }

    private protected static PeerId Peer(string id) => PeerId.TryParse(id, out var peer) ? peer : throw new ArgumentException(id);

    /// <summary>Whoever opened it first.</summary>
    private protected static MailboxOwner Own(PeerId peer) => new(peer, 1);

    private protected static StoredMessage Message(long seq) => new(seq, Alice, default, DateTimeOffset.UnixEpoch, Json);

    private protected static StoredMessage[] Messages(long first, int count) => [.. Enumerable.Range(0, count).Select(place => Message(first + place))];

    private protected static Task Append(GroupCommitMailboxStore store, PeerId peer, long seq) => store.AppendAsync(Own(peer), [Message(seq)]).AsTask();

    private protected static async Task<IEnumerable<long>> SeqsAsync(GroupCommitMailboxStore store, PeerId peer) =>
        (await store.OpenAsync(peer).Soon()).Messages.Select(message => message.Seq);

    private protected static async Task AssertTimedOutAsync(Task call) =>
        Assert.Contains("00:00:10", (await Assert.ThrowsAsync<MailboxStoreException>(() => call.Soon())).Message, StringComparison.Ordinal);

    private protected GroupCommitMailboxStore Start(FakeDatabase database, GroupCommitOptions? options = null, ActorSystem? system = null)
    {
        _databases.Add(database);
        return new GroupCommitMailboxStore(database, system ?? System, options ?? new GroupCommitOptions { Timeout = StoreTimeout }, Time);
    }
}
