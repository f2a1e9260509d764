using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Signaling.Actors.Limits;

/// <summary>Who may connect while others are connected: so many in all, and so many of one address. Safe for parallel use.</summary>
/// <remarks>They are counted, not timed. The partitioned limiters of System.Threading.RateLimiting look through all addresses ten times a second, and give each client two objects.</remarks>
internal sealed class Admission(LimitOptions options, TimeProvider time)
{
    /// <summary>So many remembered addresses are looked at for each client that comes or goes: more than it can have added, and soon done.</summary>
    private const int LookedAt = 2;

    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, AddressUsage> _addresses = [];
    private readonly Queue<AddressUsage> _remembered = [];          // who connects again does not begin anew
    private int _all;

    /// <param name="address">Null: unknown, and not counted by itself. Nor is this machine's own.</param>
    /// <param name="place">The client's, until it is disposed.</param>
    /// <returns>The limit that stands in the way, for a metric; null where there is none.</returns>
    public string? TryEnter(IPAddress? address, out ClientPlace? place)
    {
        var network = address is null || IPAddress.IsLoopback(address) ? null : NetworkOf(address);
        place = null;
        lock (_gate)
        {
            Forget();
            if (_all >= options.MaxConnections) return "connections";
            var usage = network is null ? null : _addresses.GetValueOrDefault(network) ?? (_addresses[network] = new AddressUsage(network));
            if (usage?.Connections >= options.ConnectionsPerAddress) return "address";
            if (usage is not null) usage.Connections++;
            _all++;
            place = new ClientPlace(this, usage);
        }
        return null;
    }

    /// <summary>A client has gone; to be told once of each.</summary>
    public void Leave(AddressUsage? usage)
    {
        lock (_gate)
        {
            _all--;
            if (usage is not null && --usage.Connections == 0 && !usage.IsRemembered)
            {
                usage.IsRemembered = true;
                _remembered.Enqueue(usage);
            }
            Forget();
        }
    }

    /// <summary>Whoever has one IPv6 address has 2^64 of them (RFC 6177 §2).</summary>
    private static IPAddress NetworkOf(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address;
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        BinaryPrimitives.WriteInt64BigEndian(bytes[8..], 0);
        return new IPAddress(bytes);
    }

    /// <summary>Forgets addresses without connections whose limits are what they were before the first; the oldest anyhow where there are more than connections may be.</summary>
    private void Forget()
    {
        var now = time.GetTimestamp();
        for (var i = 0; i < LookedAt && _remembered.TryPeek(out var oldest); i++)
        {
            if (oldest.Connections == 0 && oldest.IsUsed(now) && _remembered.Count <= options.MaxConnections) return;
            _remembered.Dequeue();
            oldest.IsRemembered = false;
            if (oldest.Connections == 0) _addresses.Remove(oldest.Network);
        }
    }
}
