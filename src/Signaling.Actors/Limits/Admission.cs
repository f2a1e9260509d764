using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Signaling.Actors.Limits;

/// <summary>Who may connect while others are connected: so many in all, and so many of one address. Safe for parallel use.</summary>
/// <remarks>They are counted, not timed. The partitioned limiters of System.Threading.RateLimiting look through all addresses ten times a second, and give each client two objects.</remarks>
internal sealed class Admission(LimitOptions options)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, int> _ofAddress = [];
    private int _all;

    /// <param name="address">Null: unknown, and not counted by itself. Nor is this machine's own.</param>
    /// <param name="place">The client's, until it is disposed.</param>
    /// <returns>The limit that stands in the way, for a metric; null where there is none.</returns>
    public string? TryEnter(IPAddress? address, out IDisposable? place)
    {
        var network = address is null || IPAddress.IsLoopback(address) ? null : NetworkOf(address);
        place = null;
        lock (_gate)
        {
            if (_all >= options.MaxConnections) return "connections";
            var ofAddress = network is null ? 0 : _ofAddress.GetValueOrDefault(network);
            if (ofAddress >= options.ConnectionsPerAddress) return "address";
            if (network is not null) _ofAddress[network] = ofAddress + 1;
            _all++;
        }
        place = new Place(this, network);
        return null;
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

    private void Leave(IPAddress? network)
    {
        lock (_gate)
        {
            _all--;
            if (network is null) return;
            if (--_ofAddress[network] == 0) _ofAddress.Remove(network);
        }
    }

    private sealed class Place(Admission admission, IPAddress? network) : IDisposable
    {
        private int _isLeft;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isLeft, 1) == 0) admission.Leave(network);
        }
    }
}
