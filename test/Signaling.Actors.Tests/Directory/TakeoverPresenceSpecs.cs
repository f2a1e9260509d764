using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Directory;

/// <summary>While a peer has a live socket it is never announced offline, in whatever order its sockets come and go.</summary>
public sealed class TakeoverPresenceSpecs : NodeSpecs
{
    private readonly InMemorySocket _alice;

    public TakeoverPresenceSpecs()
    {
        _alice = Register("alice");
        _alice.ShowsLifeAlways = true;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]                                             // with a message that it has not written
    public void The_old_socket_closes_at_once(bool isWritable)
    {
        var old = RegisterBob(isWritable);

        RegisterBob();
        old.Vanish();
        Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(["bob online"], _alice.PresenceLog);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_old_socket_never_closes_by_itself(bool isWritable)
    {
        RegisterBob(isWritable);

        RegisterBob();
        Advance(TimeSpan.FromMinutes(10));

        Assert.Equal(["bob online"], _alice.PresenceLog);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_old_socket_closes_before_the_new_one_registers(bool isWritable)
    {
        var old = RegisterBob(isWritable);

        old.Vanish();
        Advance(TimeSpan.FromMilliseconds(500));
        RegisterBob();
        Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(["bob online"], _alice.PresenceLog);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_new_socket_opens_before_the_old_one_closes_and_registers_after(bool isWritable)
    {
        var old = RegisterBob(isWritable);

        var @new = Connect();
        old.Vanish();
        @new.Says("""{"type":"register","peerId":"bob"}""");
        Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(["bob online"], _alice.PresenceLog);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void When_both_die_it_is_announced_once_a_second_after_the_second_death(bool isWritable)
    {
        var old = RegisterBob(isWritable);
        var @new = RegisterBob();

        old.Vanish();
        Advance(TimeSpan.FromMilliseconds(900));
        @new.Vanish();
        Advance(TimeSpan.FromMilliseconds(990));
        var before = _alice.PresenceLog.ToArray();
        Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(["bob online"], before);
        Assert.Equal(["bob online", "bob offline"], _alice.PresenceLog);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void When_the_new_one_dies_first_the_old_one_which_is_being_closed_does_not_count(bool isWritable)
    {
        RegisterBob(isWritable);
        var @new = RegisterBob();

        @new.Vanish();
        Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(["bob online", "bob offline"], _alice.PresenceLog);
        Assert.Equal(1, Metrics.Peers);
    }

    [Fact]
    public void A_third_socket_keeps_it_online()
    {
        RegisterBob(isWritable: false);
        var second = RegisterBob();
        RegisterBob();

        second.Vanish();
        Advance(TimeSpan.FromMinutes(10));

        Assert.Equal(["bob online"], _alice.PresenceLog);
        Assert.Equal(2, Metrics.Peers);
    }

    private InMemorySocket RegisterBob(bool isWritable = true)
    {
        var bob = Register("bob", isWritable);
        bob.ShowsLifeAlways = true;
        if (!isWritable) _alice.Says("""{"type":"offer","to":"bob"}""");
        return bob;
    }
}
