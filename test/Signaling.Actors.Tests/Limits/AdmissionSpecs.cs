using System.Net;
using Signaling.Actors.Limits;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Limits;

/// <summary>So many in all, so many of one address; who leaves makes room.</summary>
public sealed class AdmissionSpecs
{
    private readonly LimitOptions _options = new() { MaxConnections = 5, ConnectionsPerAddress = 2, MessagesPerSecondPerAddress = 1, MessageBurstPerAddress = 5 };
    private readonly ManualTime _time = new();
    private readonly List<ClientPlace> _places = [];
    private readonly Admission _admission;
    private readonly ClientLimits _limits;

    public AdmissionSpecs() => (_admission, _limits) = (new Admission(_options, _time), new ClientLimits(_options, _time));

    [Fact]
    public void One_address_has_so_many_and_others_theirs()
    {
        Assert.Equal("- - address -", Enter("192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2"));
    }

    [Fact]
    public void All_together_have_so_many()
    {
        Assert.Equal("- - - - - connections", Enter("192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5", "192.0.2.6"));
    }

    [Fact]
    public void Of_ipv6_a_64_is_one_address()
    {
        Assert.Equal("- - address -", Enter("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", "2001:db8:0:1::3", "2001:db8:0:2::1"));
    }

    [Fact]
    public void An_ipv4_address_is_the_same_however_it_came()
    {
        Assert.Equal("- - address", Enter("192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1"));
    }

    [Fact]
    public void This_machines_own_and_unknown_ones_count_only_in_all()
    {
        Assert.Equal("- - - - - connections", Enter("127.0.0.1", "127.0.0.1", "::1", null, null, "127.0.0.1"));
    }

    [Fact]
    public void Who_leaves_makes_room_once()
    {
        Enter("192.0.2.1", "192.0.2.1");
        _places[0].Dispose();
        _places[0].Dispose();

        Assert.Equal("- address", Enter("192.0.2.1", "192.0.2.1"));
    }

    [Fact]
    public void Whoever_comes_and_goes_in_parallel_the_count_is_right_in_the_end()
    {
        var admission = new Admission(new LimitOptions { MaxConnections = 50, ConnectionsPerAddress = 20 }, _time);
        Parallel.For(0, 100_000, i =>
        {
            if (admission.TryEnter(new IPAddress([192, 0, 2, (byte)(i % 4)]), out var place) is null) place!.Dispose();
        });

        var taken = Enumerable.Range(0, 60).Count(i => admission.TryEnter(new IPAddress([192, 0, 2, (byte)(i % 4)]), out _) is null);

        Assert.Equal(50, taken);
    }

    [Fact]
    public void What_an_address_has_used_is_shared_and_outlives_its_last_connection()
    {
        Enter("192.0.2.1", "192.0.2.1", "192.0.2.2");
        Assert.Equal(5, Taken(_places[0], 10));
        Assert.Equal(0, Taken(_places[1], 1));
        Assert.Equal(1, Taken(_places[2], 1));

        _places[0].Dispose();
        _places[1].Dispose();
        Enter("192.0.2.1");

        Assert.Same(_places[0].Address, _places[^1].Address);
        Assert.Equal(0, Taken(_places[^1], 1));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(2, Taken(_places[^1], 3));
    }

    [Fact]
    public void An_address_is_forgotten_when_there_is_nothing_to_remember()
    {
        Enter("192.0.2.1", "192.0.2.2", "192.0.2.2");
        Taken(_places[0], 5);
        foreach (var place in _places) place.Dispose();

        _time.Advance(TimeSpan.FromSeconds(5));
        Enter("192.0.2.9", "192.0.2.1", "192.0.2.2");

        Assert.NotSame(_places[0].Address, _places[4].Address);
        Assert.NotSame(_places[1].Address, _places[5].Address);
    }

    [Fact]
    public void No_more_addresses_are_remembered_than_connections_may_be()
    {
        for (var i = 1; i <= 7; i++)
        {
            Enter($"192.0.2.{i}");
            Taken(_places[^1], 1);
            _places[^1].Dispose();
        }

        Enter("192.0.2.1", "192.0.2.2", "192.0.2.3");

        Assert.Equal([false, false, true], Enumerable.Range(0, 3).Select(i => ReferenceEquals(_places[i].Address, _places[7 + i].Address)));
    }

    [Fact]
    public void Who_comes_and_goes_again_and_again_is_remembered_once_and_no_room_is_lost_by_it()
    {
        for (var i = 0; i < 20; i++)
        {
            Enter("192.0.2.1");
            Taken(_places[^1], 1);
            _places[^1].Dispose();
        }

        Assert.Equal("- - address", Enter("192.0.2.1", "192.0.2.1", "192.0.2.1"));
        Assert.Equal(0, Taken(_places[^1], 1));
    }

    [Fact]
    public void This_machines_own_and_unknown_ones_share_nothing()
    {
        Enter("127.0.0.1", "::1", null);

        Assert.All(_places, place => Assert.Null(place.Address));
    }

    /// <summary>How many messages it is granted.</summary>
    private int Taken(ClientPlace place, int messages) => Enumerable.Range(0, messages).Count(_ => place.Address!.Message(_limits.OfAddress, bytes: 1) is null);

    private string Enter(params string?[] addresses) => string.Join(' ', addresses.Select(address =>
    {
        var limit = _admission.TryEnter(address is null ? null : IPAddress.Parse(address), out var place);
        if (place is not null) _places.Add(place);
        return limit ?? "-";
    }));
}
