using System.Net;

namespace Signaling.Node.Configuration;

/// <summary>What an operator may write where the node listens.</summary>
internal static class Address
{
    /// <param name="host">An IP address, <c>localhost</c> or <c>*</c>.</param>
    /// <returns>For <c>*</c>, <see cref="IPAddress.IPv6Any"/>, which takes IPv4 as well. Null where the host is none of these.</returns>
    public static IPAddress? Parse(string host) => host switch
    {
        "*" => IPAddress.IPv6Any,
        "localhost" => IPAddress.Loopback,
        _ => IPAddress.TryParse(host, out var address) ? address : null,
    };
}
