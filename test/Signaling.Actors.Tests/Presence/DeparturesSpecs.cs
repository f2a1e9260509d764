using Signaling.Actors.Presence;
using Signaling.Actors.Protocol;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Presence;

/// <summary>The rules of the grace period, without actors.</summary>
public sealed class DeparturesSpecs
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch;
    private readonly Departures _departures = new(TimeSpan.FromSeconds(1));

    [Fact]
    public void Nobody_left()
    {
        Assert.Null(_departures.NextDue);
        Assert.Empty(Due(999));
        Assert.False(_departures.Return(NodeSpecs.Peer("bob")));
    }

    [Fact]
    public void A_departure_is_due_after_the_grace_and_given_out_once()
    {
        Leave("bob", at: 0);

        Assert.Equal(Start.AddSeconds(1), _departures.NextDue);
        Assert.Empty(Due(0.99));
        Assert.Equal(["bob"], Due(1));
        Assert.Empty(Due(9));
        Assert.Null(_departures.NextDue);
    }

    [Fact]
    public void Departures_are_given_out_in_the_order_they_happened()
    {
        Leave("bob", at: 0);
        Leave("alice", at: 0.5);

        Assert.Equal(["bob"], Due(1.49));
        Assert.Equal(Start.AddSeconds(1.5), _departures.NextDue);
        Assert.Equal(["alice"], Due(1.5));
    }

    [Fact]
    public void Who_returned_is_not_given_out()
    {
        Leave("bob", at: 0);
        Leave("alice", at: 0.5);

        Assert.True(_departures.Return(NodeSpecs.Peer("bob")));

        Assert.Equal(Start.AddSeconds(1.5), _departures.NextDue);
        Assert.Equal(["alice"], Due(9));
    }

    [Fact]
    public void Who_returned_and_left_again_has_the_whole_grace_again()
    {
        Leave("bob", at: 0);
        _departures.Return(NodeSpecs.Peer("bob"));
        Leave("bob", at: 0.9);

        Assert.Empty(Due(1.89));
        Assert.Equal(["bob"], Due(1.9));
    }

    [Fact]
    public void Who_returns_after_it_was_announced_has_to_be_announced()
    {
        Leave("bob", at: 0);
        Due(1);

        Assert.False(_departures.Return(NodeSpecs.Peer("bob")));
    }

    [Fact]
    public void A_departure_keeps_its_device()
    {
        var phone = new Device("mobile", "{}"u8.ToArray());
        _departures.Add(NodeSpecs.Peer("bob"), phone, Start);

        Assert.True(_departures.TryTakeDue(Start.AddSeconds(1), out _, out var device));

        Assert.Same(phone, device);
    }

    private void Leave(string peer, double at) => _departures.Add(NodeSpecs.Peer(peer), Device.Unknown, Start.AddSeconds(at));

    private List<string> Due(double at)
    {
        var due = new List<string>();
        while (_departures.TryTakeDue(Start.AddSeconds(at), out var peer, out _)) due.Add(peer.Value);
        return due;
    }
}
