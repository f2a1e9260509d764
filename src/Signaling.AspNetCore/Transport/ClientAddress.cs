using System.Net;
using Microsoft.Extensions.Primitives;

namespace Signaling.AspNetCore.Transport;

/// <summary>Where a client is and how it came, also behind proxies that the operator trusts.</summary>
internal sealed class ClientAddress
{
    /// <summary>Each proxy adds at the end who connected to it.</summary>
    public const string Header = "X-Forwarded-For";

    /// <summary>How whoever connected to the proxy came to it.</summary>
    public const string ProtocolHeader = "X-Forwarded-Proto";

    private readonly IPNetwork[] _trusted;

    /// <param name="proxies">Addresses and networks, such as <c>10.0.0.0/8</c>. This machine is trusted without being named.</param>
    public ClientAddress(IEnumerable<string> proxies) => _trusted = [.. proxies.Select(Parse)];

    /// <param name="peer">The other end of the connection.</param>
    /// <param name="forwardedFor">The <see cref="Header"/>, of which only what trusted proxies added counts.</param>
    public IPAddress? Of(IPAddress? peer, StringValues forwardedFor)
    {
        var client = peer;
        var hops = forwardedFor.Count == 0 ? [] : forwardedFor.ToString().Split(',');
        for (var i = hops.Length - 1; i >= 0 && client is not null && IsTrusted(client) && TryParseHop(hops[i].Trim(), out var hop); i--) client = hop;
        return client;
    }

    /// <param name="peer">The other end of the connection.</param>
    /// <param name="isTls">Whether the connection is TLS.</param>
    /// <param name="forwardedProtocol">The <see cref="ProtocolHeader"/>, which counts where a trusted proxy sends it: it tells of the way before. Where there are several, a client may have
    /// added one, so all must say so.</param>
    public bool CameByTls(IPAddress? peer, bool isTls, StringValues forwardedProtocol)
    {
        if (forwardedProtocol.Count == 0 || peer is null || !IsTrusted(peer)) return isTls;
        return Array.TrueForAll(forwardedProtocol.ToString().Split(','), protocol => protocol.Trim().ToUpperInvariant() is "HTTPS" or "WSS");
    }

    private bool IsTrusted(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return IPAddress.IsLoopback(address) || Array.Exists(_trusted, network => network.Contains(address));
    }

    /// <summary>Some proxies add the port.</summary>
    private static bool TryParseHop(string hop, out IPAddress? address)
    {
        if (IPAddress.TryParse(hop, out address)) return true;
        var isEndPoint = IPEndPoint.TryParse(hop, out var endPoint);
        address = endPoint?.Address;
        return isEndPoint;
    }

    private static IPNetwork Parse(string proxy) =>
        IPAddress.TryParse(proxy, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8) : IPNetwork.Parse(proxy);
}
