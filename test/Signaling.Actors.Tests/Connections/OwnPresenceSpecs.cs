using Akka.Actor;
using Signaling.Actors.Auth;
using Signaling.Actors.Connections;
using Signaling.Actors.Limits;
using Signaling.Actors.Messages;
using Signaling.Actors.Protocol;
using Signaling.Actors.Tests.Testing;
using Signaling.Actors.Turn;
using static Signaling.Actors.Messages.DirectoryProtocol;
using static Signaling.Actors.Messages.MailboxProtocol;

namespace Signaling.Actors.Tests.Connections;

/// <summary>What a connection tells its directory of its own ids, while the test plays the directory and the mailboxes.</summary>
public sealed class OwnPresenceSpecs : NodeSpecs
{
    private static readonly PeerId Bob = Peer("bob");
    private static readonly PeerId BobToo = Peer("bob-2");

    /// <summary>What was told of its ids, to directory and mailboxes, in the order it was told; and how much the client had been sent by then.</summary>
    private readonly List<(object Message, int Sent)> _told = [];

    private readonly InMemorySocket _client;
    private readonly IActorRef _connection;
    private readonly Recorder _mailbox;

    public OwnPresenceSpecs()
    {
        _client = new InMemorySocket(Time, Settle);
        var directory = new Recorder(message =>
        {
            if (message is PeerOnline or PeerOffline) Note(message);
        });
        _mailbox = new Recorder(Note);
        _connection = Start(ConnectionActor.Props(_client, ClientOrigin.Unknown, null, new ConnectionServices(
            Connection, new ClientLimits(Limits, Time), Presence, new IceServers(Turn, Time), Time, Metrics,
            _mailbox, directory, new Capabilities("node", 1_000, 1, 1, TimeSpan.FromDays(1), TimeSpan.FromSeconds(25)), null, Logged)));

        void Note(object message) => _told.Add((message, _client.Received.Count));
    }

    [Fact]
    public void The_directory_hears_of_a_registration_before_the_client()
    {
        Register(Bob, new Epoch(1, 1), ""","deviceType":"ios" """);

        Assert.Equal(["registered"], _client.Types);
        var (online, sent) = (Assert.IsType<PeerOnline>(_told[^1].Message), _told[^1].Sent);
        Assert.Equal((Bob, new Epoch(1, 1), _connection, "ios", 0), (online.Peer, online.Epoch, online.Connection, online.Device.Type, sent));
    }

    [Fact]
    public void A_registration_that_is_renewed_by_its_client_tells_the_new_device()
    {
        Register(Bob, new Epoch(1, 1), ""","deviceType":"ios" """);
        Register(Bob, new Epoch(1, 1), ""","deviceType":"web" """);

        Assert.Equal([(new Epoch(1, 1), "ios"), (new Epoch(1, 1), "web")], Told<PeerOnline>().Select(online => (online.Epoch, online.Device.Type)));
    }

    [Fact]
    public void One_that_a_mailbox_s_successor_renews_is_told_with_its_newer_epoch_and_its_device_and_nothing_else_is()
    {
        Register(Bob, new Epoch(1, 1), ""","deviceType":"ios" """);
        _told.Clear();

        Tell(_connection, new AttachAgain(Bob), _mailbox);
        Tell(_connection, new Attached(Bob, new Epoch(2, 1), IsReconnect: false), _mailbox);

        Assert.Equal([typeof(Attach), typeof(PeerOnline)], _told.Select(told => told.Message.GetType()));
        var online = Assert.Single(Told<PeerOnline>());
        Assert.Equal((new Epoch(2, 1), "ios"), (online.Epoch, online.Device.Type));
        Assert.Equal(["registered"], _client.Types);
    }

    [Theory]
    [InlineData("unregister")]
    [InlineData("close")]
    [InlineData("vanish")]
    public void However_it_gives_its_ids_up_each_mailbox_hears_of_it_then_the_directory(string end)
    {
        Register(Bob, new Epoch(1, 1));
        Register(BobToo, new Epoch(7, 3));
        _told.Clear();

        switch (end)
        {
            case "unregister": _client.Says("""{"type":"unregister"}"""); break;
            case "close": _client.Closes(CloseCode.Normal); break;
            default: _client.Vanish(); break;
        }

        Assert.Equal(
            [new Detach(Bob, new Epoch(1, 1), 0), new PeerOffline(Bob, new Epoch(1, 1)), new Detach(BobToo, new Epoch(7, 3), 0), new PeerOffline(BobToo, new Epoch(7, 3))],
            _told.Select(told => told.Message));
    }

    [Fact]
    public void What_it_has_given_up_it_does_not_give_up_again_when_it_ends()
    {
        Register(Bob, new Epoch(1, 1));
        _client.Says("""{"type":"unregister"}""");
        _client.Closes(CloseCode.Normal);
        _client.Vanish();

        Assert.Single(Told<PeerOffline>());
    }

    [Fact]
    public void Of_an_id_that_was_taken_over_it_tells_so_at_once_and_no_more_when_it_ends()
    {
        Register(Bob, new Epoch(1, 1));
        Register(BobToo, new Epoch(1, 1));

        Tell(_connection, new Replaced(Bob, new Epoch(1, 1)), _mailbox);
        _client.Vanish();

        Assert.Equal((CloseCode.Normal, "replaced"), _client.CloseFrame);
        Assert.Equal([new PeerOffline(Bob, new Epoch(1, 1), IsReplaced: true), new PeerOffline(BobToo, new Epoch(1, 1))], Told<PeerOffline>());
        Assert.Equal([Bob, BobToo], Told<Detach>().Select(detach => detach.Peer));
    }

    [Fact]
    public void That_it_is_replaced_counts_also_while_it_is_being_closed()
    {
        Register(Bob, new Epoch(1, 1));
        Tell(_connection, new HandOver(Bob, Peer("alice"), 1, IsAwaited: false, """{"type":"offer"}"""u8.ToArray()));
        _client.Confirms = false;
        Tell(_connection, new HandOver(Bob, Peer("alice"), 2, IsAwaited: false, """{"type":"offer"}"""u8.ToArray()));
        Tell(_connection, new TooSlow(Bob));
        Assert.Empty(Told<PeerOffline>());

        Tell(_connection, new Replaced(Bob, new Epoch(1, 1)), _mailbox);
        _client.Vanish();

        Assert.Equal([new PeerOffline(Bob, new Epoch(1, 1), IsReplaced: true)], Told<PeerOffline>());
    }

    [Fact]
    public void That_an_older_registration_is_replaced_changes_nothing()
    {
        Register(Bob, new Epoch(1, 2));

        Tell(_connection, new Replaced(Bob, new Epoch(1, 1)), _mailbox);

        Assert.Empty(Told<PeerOffline>());
        Assert.Null(_client.CloseFrame);
    }

    [Fact]
    public void An_id_that_it_gets_while_it_is_being_closed_it_gives_back()
    {
        _client.Says("""{"type":"register","peerId":"bob"}""");
        _client.Closes(CloseCode.Normal);
        Tell(_connection, new Attached(Bob, new Epoch(1, 5), IsReconnect: true), _mailbox);

        Assert.Empty(Told<PeerOnline>());
        object[] told = [new Withdraw(Bob, _connection, OnlyGivesWay: false), new Detach(Bob, new Epoch(1, 5), 0), new PeerOffline(Bob, new Epoch(1, 5))];
        Assert.Equal(told, _told.Skip(1).Select(told => told.Message));
    }

    [Fact]
    public void An_id_that_a_successor_gives_it_when_it_has_given_it_up_it_gives_back()
    {
        Register(Bob, new Epoch(1, 1));
        Tell(_connection, new AttachAgain(Bob), _mailbox);
        _client.Says("""{"type":"unregister"}""");
        _told.Clear();

        Tell(_connection, new Attached(Bob, new Epoch(2, 1), IsReconnect: false), _mailbox);

        Assert.Equal([new Detach(Bob, new Epoch(2, 1), 0), new PeerOffline(Bob, new Epoch(2, 1))], _told.Select(told => told.Message));
    }

    private IEnumerable<T> Told<T>() => _told.Select(told => told.Message).OfType<T>();

    private void Register(PeerId peer, Epoch epoch, string more = "")
    {
        _client.Says($$"""{"type":"register","peerId":"{{peer}}"{{more}}}""");
        Tell(_connection, new Attached(peer, epoch, IsReconnect: false), _mailbox);
    }

    private sealed class Recorder(Action<object> note) : MinimalActorRef
    {
        public override ActorPath Path { get; } = new RootActorPath(new Address("akka", "test")) / "recorder";

        public override IActorRefProvider Provider => throw new NotSupportedException();

        protected override void TellInternal(object message, IActorRef sender) => note(message);
    }
}
