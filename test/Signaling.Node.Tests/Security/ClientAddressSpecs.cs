using System.Net;
using Microsoft.Extensions.Primitives;
using Signaling.AspNetCore.Transport;

namespace Signaling.Node.Tests.Security;

/// <summary>What a client says of its own address counts for nothing; what trusted proxies say counts.</summary>
public sealed class ClientAddressSpecs
{
    [Theory]
    [InlineData("198.51.100.7", null, "198.51.100.7")]
    [InlineData("198.51.100.7", "203.0.113.9", "198.51.100.7")]
    [InlineData("10.1.2.3", null, "10.1.2.3")]
    [InlineData("10.1.2.3", "203.0.113.9", "203.0.113.9")]
    [InlineData("::ffff:10.1.2.3", "203.0.113.9", "203.0.113.9")]
    [InlineData("127.0.0.1", "203.0.113.9", "203.0.113.9")]
    [InlineData("::1", "203.0.113.9:4711", "203.0.113.9")]
    [InlineData("10.1.2.3", "[2001:db8::9]:4711", "2001:db8::9")]
    [InlineData("10.1.2.3", "2001:db8::9", "2001:db8::9")]
    [InlineData("10.1.2.3", "192.0.2.66, 203.0.113.9", "203.0.113.9")] // the client named the first itself
    [InlineData("10.1.2.3", "203.0.113.9, 10.9.9.9", "203.0.113.9")]
    [InlineData("10.1.2.3", "10.8.8.8,10.9.9.9", "10.8.8.8")]
    [InlineData("10.1.2.3", "203.0.113.9, unknown", "10.1.2.3")]
    [InlineData("10.1.2.3", "", "10.1.2.3")]
    [InlineData("172.16.0.5", "203.0.113.9", "203.0.113.9")]
    [InlineData("172.16.0.6", "203.0.113.9", "172.16.0.6")]
    public void A_clients_address(string peer, string? forwardedFor, string expected)
    {
        var addresses = new ClientAddress(["10.0.0.0/8", "172.16.0.5"]);

        Assert.Equal(IPAddress.Parse(expected), addresses.Of(IPAddress.Parse(peer), forwardedFor));
    }

    [Fact]
    public void Several_headers_are_one_list() =>
        Assert.Equal(IPAddress.Parse("203.0.113.9"), new ClientAddress([]).Of(IPAddress.Loopback, new StringValues(["192.0.2.66", "203.0.113.9"])));

    [Theory]
    [InlineData("198.51.100.7", false, null, false)]
    [InlineData("198.51.100.7", true, null, true)]
    [InlineData("198.51.100.7", false, "https", false)]             // whoever is no proxy may say what it likes
    [InlineData("198.51.100.7", true, "http", true)]
    [InlineData("10.1.2.3", false, null, false)]
    [InlineData("10.1.2.3", false, "https", true)]
    [InlineData("10.1.2.3", false, "WSS", true)]
    [InlineData("10.1.2.3", false, "http", false)]
    [InlineData("10.1.2.3", false, "ws", false)]
    [InlineData("10.1.2.3", false, "", false)]
    [InlineData("10.1.2.3", true, "http", false)]                   // the proxy's own way here is TLS, the client's was not
    [InlineData("10.1.2.3", true, null, true)]
    [InlineData("10.1.2.3", false, "https, http", false)]           // the client named the first itself
    [InlineData("10.1.2.3", false, "https,https", true)]
    [InlineData("::ffff:10.1.2.3", false, "https", true)]
    [InlineData("172.16.0.6", false, "https", false)]
    [InlineData("127.0.0.1", false, "https", true)]
    [InlineData("127.0.0.1", false, null, false)]
    [InlineData("::1", false, null, false)]
    [InlineData(null, false, "https", false)]
    public void Whether_a_client_came_by_tls(string? peer, bool isTls, string? forwardedProtocol, bool expected)
    {
        var addresses = new ClientAddress(["10.0.0.0/8", "172.16.0.5"]);

        Assert.Equal(expected, addresses.CameByTls(peer is null ? null : IPAddress.Parse(peer), isTls, forwardedProtocol));
    }

    [Fact]
    public void Several_protocol_headers_are_one_list() =>
        Assert.False(new ClientAddress([]).CameByTls(IPAddress.Loopback, isTls: false, new StringValues(["https", "http"])));

    [Fact]
    public void An_unknown_peer_stays_unknown() => Assert.Null(new ClientAddress([]).Of(null, "203.0.113.9"));
}
