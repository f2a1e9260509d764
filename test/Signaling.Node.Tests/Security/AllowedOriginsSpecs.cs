using Microsoft.Extensions.Primitives;
using Signaling.AspNetCore;

namespace Signaling.Node.Tests.Security;

/// <summary>Which pages may connect (RFC 6454 §6.2).</summary>
public sealed class AllowedOriginsSpecs
{
    [Theory]
    [InlineData("https://app.example.org", true)]
    [InlineData("HTTPS://APP.example.org", true)]
    [InlineData("https://a.b.example.net:8443", true)]
    [InlineData("http://localhost:5173", true)]
    [InlineData("http://app.example.org", false)]
    [InlineData("https://app.example.org:444", false)]
    [InlineData("https://app.example.org.evil.org", false)]
    [InlineData("https://example.net:8443", false)]
    [InlineData("https://evilexample.net:8443", false)]
    [InlineData("https://evil.org/.example.net:8443", false)]
    [InlineData("https://evil.org@a.example.net:8443", false)]
    [InlineData("https://.example.net:8443", false)]
    [InlineData("null", false)]
    [InlineData("", false)]
    public void Only_those_that_are_named_may(string origin, bool isAllowed)
    {
        var origins = new AllowedOrigins(["https://app.example.org", "https://*.example.net:8443", "http://localhost:5173"]);

        Assert.Equal(isAllowed, origins.Allow(origin));
    }

    [Fact]
    public void Who_names_none_may_and_who_names_two_may_not()
    {
        var origins = new AllowedOrigins(["https://app.example.org"]);

        Assert.True(origins.Allow(StringValues.Empty));
        Assert.False(origins.Allow(new StringValues(["https://app.example.org", "https://app.example.org"])));
    }

    [Theory]
    [InlineData("https://evil.org")]
    [InlineData("null")]
    public void Without_a_list_all_may(string origin) => Assert.True(new AllowedOrigins([]).Allow(origin));

    [Theory]
    [InlineData("https://app.example.org", true)]
    [InlineData("https://app.example.org:8443", true)]
    [InlineData("https://*.example.org", true)]
    [InlineData("capacitor://localhost", true)]
    [InlineData("https://app.example.org/", false)]
    [InlineData("https://app.example.org/page", false)]
    [InlineData("app.example.org", false)]
    [InlineData("https://", false)]
    [InlineData("https://a.*.example.org", false)]
    [InlineData("*", false)]
    [InlineData("", false)]
    public void What_is_no_origin_is_recognised(string origin, bool isValid) => Assert.Equal(isValid, AllowedOrigins.IsValid(origin));
}
