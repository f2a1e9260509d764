using System.Net;
using Signaling.Actors.Limits;

namespace Signaling.Actors.Tests.Limits;

/// <summary>So many in all, so many of one address; who leaves makes room.</summary>
public sealed class AdmissionSpecs
{
    private readonly LimitOptions _options = new() { MaxConnections = 5, ConnectionsPerAddress = 2 };
    private readonly List<IDisposable> _places = [];
    private readonly Admission _admission;

    public AdmissionSpecs() => _admission = new Admission(_options);

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
        var admission = new Admission(new LimitOptions { MaxConnections = 50, ConnectionsPerAddress = 20 });
        Parallel.For(0, 100_000, i =>
        {
            if (admission.TryEnter(new IPAddress([192, 0, 2, (byte)(i % 4)]), out var place) is null) place!.Dispose();
        });

        var taken = Enumerable.Range(0, 60).Count(i => admission.TryEnter(new IPAddress([192, 0, 2, (byte)(i % 4)]), out _) is null);

        Assert.Equal(50, taken);
    }

    private string Enter(params string?[] addresses) => string.Join(' ', addresses.Select(address =>
    {
        var limit = _admission.TryEnter(address is null ? null : IPAddress.Parse(address), out var place);
        if (place is not null) _places.Add(place);
        return limit ?? "-";
    }));
}
