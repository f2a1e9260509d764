using System.Runtime.CompilerServices;
using Signaling.Actors.Presence;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Tests.Presence;

/// <summary>The rules of who is told of whom, without actors.</summary>
public sealed class PresenceHubSpecs
{
    private readonly HubRun _run = new(new PresenceOptions { BroadcastLimit = 10, MaxRelated = 3, MaxWatched = 3 });

    [Fact]
    public void Who_is_told_of_everybody_gets_what_happens_from_then_on_in_order_and_once()
    {
        _run.Announce("early");
        var alice = _run.Register("alice", PresenceScope.All);
        _run.Announce("bob");
        _run.Announce("carol");

        Assert.True(alice.Observer.HasNews);
        Assert.Equal(["bob online", "carol online"], alice.Read());
        Assert.False(alice.Observer.HasNews);
        Assert.Empty(alice.Read());
    }

    [Theory]
    [InlineData("all")]
    [InlineData("related")]
    public void Of_changes_of_the_same_peer_a_reader_that_is_behind_gets_the_last(string scope)
    {
        var alice = _run.Register("alice", Enum.Parse<PresenceScope>(scope, ignoreCase: true));
        alice.Relate("bob", "carol");
        _run.Announce("bob");
        _run.Announce("carol");
        _run.Announce("bob", isOnline: false);

        Assert.Equal(["carol online", "bob offline"], alice.Read());
    }

    [Fact]
    public void A_reader_that_keeps_up_gets_every_change()
    {
        var alice = _run.Register("alice");
        _run.Announce("bob");
        var first = alice.Read();
        _run.Announce("bob", isOnline: false);

        Assert.Equal(["bob online"], first);
        Assert.Equal(["bob offline"], alice.Read());
    }

    [Fact]
    public void The_connection_that_a_change_is_about_does_not_get_it()
    {
        var (bob, carol) = (_run.Register("bob"), _run.Register("carol"));
        _run.Announce("bob", subject: bob.Connection);

        Assert.Empty(bob.Read());
        Assert.Equal(["bob online"], carol.Read());
    }

    [Fact]
    public void It_is_known_how_far_a_reader_of_everything_is_behind()
    {
        var (alice, bob) = (_run.Register("alice"), _run.Register("bob", PresenceScope.Related));
        _run.Announce("bob");
        _run.Announce("bob", isOnline: false);
        var before = alice.Observer.Behind;
        alice.Read();

        Assert.Equal((2, 0, 0), (before, alice.Observer.Behind, bob.Observer.Behind));
    }

    [Fact]
    public void Each_scope_hears_of_those_that_it_names()
    {
        var scopes = Enum.GetValues<PresenceScope>().Where(scope => scope != PresenceScope.Unnamed);
        var connections = scopes.Select(scope => _run.Register($"{scope}", scope)).ToArray();
        foreach (var connection in connections)
        {
            connection.Relate("friend");
            connection.Watch("watched");
        }

        foreach (var peer in (string[])["stranger", "friend", "watched"]) _run.Announce(peer);

        Assert.Equal(
            ["stranger online, friend online, watched online", "friend online, watched online", "watched online", ""],
            connections.Select(connection => string.Join(", ", connection.Read())));
    }

    [Fact]
    public void Only_those_are_woken_who_are_told()
    {
        _run.Register("everything", PresenceScope.All);
        _run.Register("friend", PresenceScope.Related).Relate("bob");
        for (var i = 0; i < 5; i++) _run.Register($"other {i}", PresenceScope.Related);

        Assert.Equal((2, 1), (_run.Announce("bob"), _run.Announce("carol")));
    }

    [Fact]
    public void Who_named_no_scope_hears_of_everybody_while_there_are_few_and_of_those_it_knows_beyond()
    {
        var alice = _run.Register("alice");
        alice.Relate("friend");
        _run.Announce("a stranger");
        var few = alice.Read();
        _run.Count(11);
        _run.Announce("another");
        _run.Announce("friend");
        _run.Count(10);                                             // as many as before are not few yet
        _run.Announce("a third");
        var many = alice.Read();
        _run.Count(9);
        _run.Announce("a fourth");

        Assert.Equal(["a stranger online"], few);
        Assert.Equal(["friend online"], many);
        Assert.Equal(["a fourth online"], alice.Read());
    }

    [Fact]
    public void A_connection_may_change_its_scope()
    {
        var alice = _run.Register("alice", PresenceScope.None);
        alice.Relate("friend");
        _run.Announce("bob");
        alice.Register("alice", PresenceScope.All);
        _run.Announce("carol");
        alice.Register("alice", PresenceScope.Related);
        _run.Announce("dave");
        _run.Announce("friend");

        Assert.Equal(["carol online", "friend online"], alice.Read());
    }

    [Fact]
    public void Who_comes_back_to_everybody_before_it_has_read_hears_nothing_twice()
    {
        var alice = _run.Register("alice");
        alice.Relate("friend");
        _run.Announce("first");
        _run.Count(11);
        _run.Announce("friend");
        _run.Count(1);
        _run.Announce("last");

        Assert.Equal(["first online", "friend online", "last online"], alice.Read());
    }

    [Fact]
    public void Beyond_its_limit_the_first_of_those_it_knows_are_forgotten()
    {
        var alice = _run.Register("alice", PresenceScope.Related);
        alice.Watch("one");
        alice.Relate("one", "two", "three", "four", "five");

        foreach (var peer in (string[])["one", "two", "three", "four", "five"]) _run.Announce(peer);

        Assert.Equal(["one online", "three online", "four online", "five online"], alice.Read()); // the first it watches, too
    }

    [Fact]
    public void More_than_it_may_watch_it_does_not()
    {
        var alice = _run.Register("alice", PresenceScope.Watched);

        Assert.True(alice.Watch("one", "two", "two"));
        Assert.True(alice.Watch("two", "three"));
        Assert.False(alice.Watch("three", "four"));
        _run.Announce("four");
        alice.Unwatch("one", "nobody");
        Assert.True(alice.Watch("four"));
        _run.Announce("one");
        _run.Announce("four", isOnline: false);

        Assert.Equal(["four offline"], alice.Read());
    }

    [Fact]
    public void Who_knows_a_peer_and_stops_watching_it_still_hears_of_it()
    {
        var alice = _run.Register("alice", PresenceScope.Related);
        alice.Relate("bob");
        alice.Watch("bob");
        alice.Unwatch("bob");

        _run.Announce("bob");

        Assert.Equal(["bob online"], alice.Read());
    }

    [Fact]
    public void Who_left_is_told_nothing()
    {
        var (all, related) = (_run.Register("all", PresenceScope.All), _run.Register("related", PresenceScope.Related));
        related.Relate("bob");
        related.Watch("bob");
        all.Leave();
        related.Leave();

        Assert.Equal(0, _run.Announce("bob"));
    }

    [Fact]
    public void A_connection_that_follows_another_one_of_its_peer_knows_whom_that_one_knew()
    {
        var first = _run.Register("alice", PresenceScope.Related);
        first.Relate("bob");
        first.Leave();

        var second = _run.Register("alice", PresenceScope.Related);
        _run.Announce("bob", isOnline: false);

        Assert.Equal(["bob offline"], second.Read());
    }

    [Fact]
    public void Whom_a_peer_knew_is_forgotten_when_the_others_have_heard_that_it_went()
    {
        var first = _run.Register("alice", PresenceScope.Related);
        first.Relate("bob");
        first.Leave();
        _run.Announce("alice", isOnline: false);

        var second = _run.Register("alice", PresenceScope.Related);
        _run.Announce("bob", isOnline: false);

        Assert.Empty(second.Read());
    }

    /// <summary>What is remembered of peers that are gone has a bound; a peer beyond it is announced like any other.</summary>
    [Fact]
    public void A_peer_that_went_long_ago_and_returns_is_announced()
    {
        _run.Announce("bob", isOnline: false);
        for (var i = 0; i < 5_000; i++) _run.Announce($"peer-{i}", isOnline: false);
        var alice = _run.Register("alice");

        _run.Announce("bob");

        Assert.Equal(["bob online"], alice.Read());
    }

    /// <summary>Else a node would remember every change since the first of its peers came.</summary>
    [Fact]
    public void A_change_that_everybody_has_read_is_let_go_of_while_peers_that_came_before_it_are_here()
    {
        var alice = _run.Register("alice");
        _run.Announce("alice");

        var subject = ComeAndGo();
        alice.Read();
        GC.Collect();

        Assert.False(subject.IsAlive);
        GC.KeepAlive(_run);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference ComeAndGo()
    {
        var subject = new object();
        _run.Announce("bob", subject: subject);
        _run.Announce("bob", isOnline: false);
        return new WeakReference(subject);
    }
}
