using Microsoft.Extensions.Primitives;

namespace Signaling.AspNetCore;

/// <summary>Which web pages may connect (RFC 6455 §10.2). A browser says from where a page comes, and lets every page reach whatever its user reaches. Clients that are no browsers say
/// nothing and may connect: they can say what they like, and have no other's rights.</summary>
public sealed class AllowedOrigins
{
    private const string AnySubdomain = "://*.";

    private readonly HashSet<string> _exact;
    private readonly (string Scheme, string Domain)[] _subdomains;
    private readonly bool _isOpen;

    /// <param name="origins">Origins (RFC 6454 §6.2) such as <c>https://app.example.org</c>, or <c>https://*.example.org</c> for every subdomain; none means all pages.</param>
    public AllowedOrigins(IEnumerable<string> origins)
    {
        var all = origins.ToArray();
        _isOpen = all.Length == 0;
        _exact = all.Where(origin => !IsPattern(origin)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        _subdomains = [.. all.Where(IsPattern).Select(origin => origin.Split(AnySubdomain, 2)).Select(parts => (parts[0] + "://", "." + parts[1]))];
    }

    /// <summary>Whether a text is an origin or a pattern of them: a scheme, a host and perhaps a port, and nothing behind.</summary>
    public static bool IsValid(string origin)
    {
        ArgumentNullException.ThrowIfNull(origin);
        var example = IsPattern(origin) ? origin.Replace(AnySubdomain, "://a.", StringComparison.Ordinal) : origin;
        return Uri.TryCreate(example, UriKind.Absolute, out var uri) && uri.Host.Length > 0 && !example.Contains('*', StringComparison.Ordinal)
            && example.Equals($"{uri.Scheme}://{uri.Authority}", StringComparison.OrdinalIgnoreCase);
    }

    internal bool Allow(StringValues origin) => _isOpen || origin.Count == 0 || (origin.Count == 1 && Allow(origin[0]!));

    private bool Allow(string origin) => _exact.Contains(origin) || Array.Exists(_subdomains, allowed =>
        origin.Length > allowed.Scheme.Length + allowed.Domain.Length
        && origin.StartsWith(allowed.Scheme, StringComparison.OrdinalIgnoreCase)
        && origin.EndsWith(allowed.Domain, StringComparison.OrdinalIgnoreCase)
        && origin.AsSpan(allowed.Scheme.Length).IndexOfAny('/', '@') < 0);

    private static bool IsPattern(string origin) => origin.Contains(AnySubdomain, StringComparison.Ordinal);
}
