using Microsoft.AspNetCore.Http;

namespace Signaling.AspNetCore;

/// <summary>The token of an <c>Authorization: Bearer</c> header (RFC 6750 §2.1).</summary>
public static class BearerCredentials
{
    private const string Scheme = "Bearer ";

    /// <returns>The token as it came; null where there is none.</returns>
    public static string? Of(IHeaderDictionary headers)
    {
        ArgumentNullException.ThrowIfNull(headers);
        var authorization = headers.Authorization.ToString();
        return authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? authorization[Scheme.Length..] : null;
    }
}
